// The one way from a draft to published data: send it, draft again when somebody was faster, read back and compare.
import { equalBytes } from '../../base/bytes.ts';
import { DctError, isDctError } from '../../base/errors.ts';
import { showInstant } from '../../base/instant.ts';
import { limits } from '../../base/limits.ts';
import type { Clock, Notices } from '../../base/ports.ts';
import type { Gun } from '../../base/reference.ts';
import { roleNames, type RoleName } from '../model/index.ts';
import type { NotaryStore } from '../notary/index.ts';
import type {
  AuthoringTrustClient,
  RepairableRepository,
  TrustClient,
  Trusted,
  TrustedRepository,
} from '../types.ts';
import type { Bench } from './bench.ts';
import type { Document } from './document.ts';
import type { PublicationPlan, SigningKeys } from './types.ts';

export interface Author {
  readonly trust: AuthoringTrustClient;
  readonly store: NotaryStore;
  readonly keys: SigningKeys;
  readonly clock: Clock;
  readonly notices: Notices;
  /** Waits before another attempt, so that many who publish at once do not stay in step; left out: no wait. */
  readonly pause?: (attempt: number) => Promise<void>;
  /** Runs the work while nobody else on this machine publishes to the repository; left out where there is nobody else. */
  readonly inTurn?: <T>(gun: Gun, work: () => Promise<T>) => Promise<T>;
}

export interface Draft<P extends PublicationPlan = PublicationPlan> {
  readonly plan: P;
  readonly documents: readonly Document[];
  /** A new repository's root, which this machine trusts because it made it. */
  readonly ownRoot?: Uint8Array;
}

/** Works out a publication from verified data, or from nothing where there is no repository yet. Pure but for keys. */
export interface Drafter<P extends PublicationPlan> {
  readonly begin: (bench: Omit<Bench, 'repository'>) => Promise<Draft<P>>;
  readonly change: (bench: Bench) => Promise<Draft<P>>;
  /** It signs again what nobody can read any more. */
  readonly repairs?: boolean;
  /** Its signatures go into a file, together with those of others. */
  readonly collects?: boolean;
}

/** @throws the trust, key and transport families; CLOCK_SKEW; USAGE */
export async function makeDraft<P extends PublicationPlan>(
  author: Author,
  gun: Gun,
  drafter: Drafter<P>,
  afterConflict = false,
): Promise<Draft<P>> {
  const { trust, store, keys, clock, notices } = author;
  const { repository, faults } = await currentRepository(trust, gun, drafter.repairs === true);
  const now = clock.now();
  checkClock(store.serverTime(), now);
  if (repository?.origin === 'cache') notices.warn(`${gun}: the trust server does not answer`);
  const bench = { gun, keys, store, now, faults, afterConflict, collecting: drafter.collects === true };
  return repository === undefined ? drafter.begin(bench) : drafter.change({ ...bench, repository });
}

async function currentRepository(
  trust: AuthoringTrustClient,
  gun: Gun,
  repairs: boolean,
): Promise<Partial<RepairableRepository> & Pick<RepairableRepository, 'faults'>> {
  try {
    return { repository: await trust.update(gun), faults: new Map() };
  } catch (error) {
    if (isDctError(error, 'NO_TRUST_DATA')) return { faults: new Map() };
    if (repairs && isDctError(error, 'EXPIRED', 'THRESHOLD')) return trust.readForRepair(gun);
    throw error;
  }
}

const dayMs = 24 * 60 * 60 * 1000;

/** A wrong clock would give everything signed now a wrong end, for years (PB-17). */
function checkClock(serverTime: number | undefined, now: number): void {
  if (serverTime === undefined || Math.abs(serverTime - now) <= dayMs) return;
  throw new DctError('CLOCK_SKEW', { server: showInstant(serverTime), here: showInstant(now) });
}

/**
 * Those of one machine publish one after the other, because each who came too late has to draft and sign once more; whether
 * somebody elsewhere was faster, only the server can tell.
 * @throws LOCKED, and the errors of `publishAgain`
 */
export function publishDraft<P extends PublicationPlan>(
  author: Author,
  gun: Gun,
  drafter: Drafter<P>,
  first: Draft<P>,
): Promise<Draft<P>> {
  const publish = (): Promise<Draft<P>> => publishAgain(author, gun, drafter, first);
  return author.inTurn === undefined || first.documents.length === 0
    ? publish()
    : author.inTurn(gun, publish);
}

/**
 * Somebody else's publication in between is no reason to lose either: fresh data, the same change again (PB-07). Answers
 * with the draft that was published.
 * @throws CONFLICT after `limits.publishAttempts`, PUBLISH_REFUSED, KEY_MISSING, NOT_PERSISTED, the transport family
 */
async function publishAgain<P extends PublicationPlan>(
  author: Author,
  gun: Gun,
  drafter: Drafter<P>,
  first: Draft<P>,
): Promise<Draft<P>> {
  const { notices, pause } = author;
  let draft = first;
  for (let attempt = 1; attempt <= limits.publishAttempts; attempt++) {
    if (draft.documents.length === 0) return draft;
    const outcome = await send(author, gun, draft.documents);
    if (outcome === 'published') {
      await confirm(author, draft);
      return draft;
    }
    if (outcome === 'no-snapshot-key')
      throw new DctError('KEY_MISSING', { gun, role: 'snapshot', keyIds: 'neither here nor on the server' });
    if (attempt === 1)
      notices.info(`somebody else published to ${gun} at the same time; signing on top of that`);
    if (attempt < limits.publishAttempts) await pause?.(attempt);
    draft = await makeDraft(author, gun, drafter, true);
  }
  throw new DctError('CONFLICT', { gun, attempts: limits.publishAttempts });
}

/**
 * Servers look at a root before they look at its version: whoever comes second with a new root hears that it does not follow
 * the first one's, and not that they were too late.
 */
async function send(
  { store, trust }: Author,
  gun: Gun,
  documents: readonly Document[],
): ReturnType<NotaryStore['publish']> {
  try {
    return await store.publish(gun, new Map(documents.map(({ role, bytes }) => [role, bytes])));
  } catch (error) {
    const root = documents.find(({ role }) => role === roleNames.root);
    if (root === undefined || !isDctError(error, 'PUBLISH_REFUSED')) throw error;
    const { repository } = await currentRepository(trust, gun, false);
    if (repository === undefined || repository.root.data.version < root.version) throw error;
    return 'version-conflict';
  }
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
