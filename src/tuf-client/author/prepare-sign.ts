// Signing tags, from verified trust data to a publication that was read back: the author door's one verb.
import { equalBytes } from '../../base/bytes.ts';
import { DctError, isDctError } from '../../base/errors.ts';
import { showInstant } from '../../base/instant.ts';
import { limits } from '../../base/limits.ts';
import type { Clock, Notices } from '../../base/ports.ts';
import { roleNames, type RoleName } from '../model/index.ts';
import type { NotaryStore } from '../notary/index.ts';
import type { AuthoringTrustClient, TrustClient, Trusted, TrustedRepository } from '../types.ts';
import { draftInitial } from './initialise.ts';
import { draftSigning, type Draft, type SignRequest } from './draft.ts';
import type { PreparedSign, SigningKeys } from './types.ts';

export interface Author {
  readonly trust: AuthoringTrustClient;
  readonly store: NotaryStore;
  readonly keys: SigningKeys;
  readonly clock: Clock;
  readonly notices: Notices;
}

/**
 * Verifies what is published now, unlocks every key that is needed, and works out what is to change. Nothing is published
 * yet; a new repository's keys are made here, unless it is a dry run.
 * @throws the trust, key and transport families; CLOCK_SKEW; USAGE
 */
export async function prepareSign(author: Author, request: SignRequest): Promise<PreparedSign> {
  const draft = await makeDraft(author, request);
  warnOfUnreleased(author.notices, draft);
  const publish =
    request.dryRun === true ? async (): Promise<void> => {} : () => publishDraft(author, request, draft);
  return { plan: draft.plan, publish };
}

/** Pullers look at the releases and at targets only: a tag that is signed elsewhere is not found (dialect 1.3). */
function warnOfUnreleased(notices: Notices, { plan }: Draft): void {
  for (const [tag, roles] of plan.rolesByTag)
    if (!roles.includes(roleNames.releases) && !roles.includes(roleNames.targets))
      notices.warn(`${plan.gun}:${tag} is signed in ${roles.join(', ')} only, which nobody pulls from`);
}

async function makeDraft(author: Author, request: SignRequest): Promise<Draft> {
  const { trust, store, keys, clock } = author;
  const repository = await currentRepository(trust, request);
  const now = clock.now();
  checkClock(store.serverTime(), now);
  if (repository?.origin === 'cache') author.notices.warn(`${request.gun}: the trust server does not answer`);
  return repository === undefined
    ? draftInitial(request, keys, store, now)
    : draftSigning(request, repository, keys, now);
}

async function currentRepository(
  trust: TrustClient,
  { gun }: SignRequest,
): Promise<TrustedRepository | undefined> {
  try {
    return await trust.update(gun);
  } catch (error) {
    if (isDctError(error, 'NO_TRUST_DATA')) return undefined;
    throw error;
  }
}

const dayMs = 24 * 60 * 60 * 1000;

/** A wrong clock would give everything signed now a wrong end, for years (PB-17). */
function checkClock(serverTime: number | undefined, now: number): void {
  if (serverTime === undefined || Math.abs(serverTime - now) <= dayMs) return;
  throw new DctError('CLOCK_SKEW', { server: showInstant(serverTime), here: showInstant(now) });
}

/** Somebody else's publication in between is no reason to lose either: fresh data, the same change again (PB-07). */
async function publishDraft(author: Author, request: SignRequest, first: Draft): Promise<void> {
  const { store, notices } = author;
  const { gun } = request;
  let draft = first;
  for (let attempt = 1; attempt <= limits.publishAttempts; attempt++) {
    if (draft.documents.length === 0) return;
    const files = new Map(draft.documents.map(({ role, bytes }) => [role, bytes]));
    const outcome = await store.publish(gun, files);
    if (outcome === 'published') return confirm(author, draft);
    if (outcome === 'no-snapshot-key')
      throw new DctError('KEY_MISSING', { gun, role: 'snapshot', keyIds: 'neither here nor on the server' });
    notices.info(`somebody else published to ${gun} at the same time; signing on top of that`);
    draft = await makeDraft(author, request);
  }
  throw new DctError('CONFLICT', { gun, attempts: limits.publishAttempts });
}

/**
 * Reads everything back and compares (ADR 0010, PB-05). A newer version by somebody else is fine: it stands on ours.
 * @throws NOT_PERSISTED, the transport family
 */
async function confirm({ trust }: Author, { plan, documents, ownRoot }: Draft): Promise<void> {
  const { gun } = plan;
  if (ownRoot !== undefined) await trust.adoptRoot(gun, ownRoot);
  const repository = await readBack(trust, plan.gun);
  for (const { role, version, bytes } of documents) {
    const stored = fileOf(repository, role);
    if (stored !== undefined && stored.data.version > version) continue;
    if (stored !== undefined && equalBytes(stored.bytes, bytes)) continue;
    const problem =
      stored === undefined ? 'it is not there' : `version ${stored.data.version} is served instead`;
    throw new DctError('NOT_PERSISTED', { gun, role, problem });
  }
}

async function readBack(trust: TrustClient, gun: TrustedRepository['gun']): Promise<TrustedRepository> {
  try {
    const repository = await trust.update(gun);
    if (repository.origin === 'server') return repository;
  } catch (error) {
    if (!isDctError(error) || error.family !== 'trust') throw error;
    throw new DctError('NOT_PERSISTED', { gun, role: 'the repository', problem: error.message }, error);
  }
  throw new DctError('UNREACHABLE', {
    origin: 'the trust server',
    problem: 'it stopped answering after the publication',
  });
}

function fileOf(
  repository: TrustedRepository,
  role: RoleName,
): Trusted<{ readonly version: number }> | undefined {
  const base = { root: repository.root, targets: repository.targets, snapshot: repository.snapshot };
  if (role === roleNames.root || role === roleNames.targets || role === roleNames.snapshot)
    return base[role as keyof typeof base];
  return repository.delegations.get(role);
}
