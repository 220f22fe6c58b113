// What a bundle comes to, on top of verified trust data: everything that signing or publishing it would change, or why not.
import { equalBytes, toHex } from '../../../base/bytes.ts';
import { canonicalBytes } from '../../../base/canonical-json.ts';
import { DctError } from '../../../base/errors.ts';
import { showInstant } from '../../../base/instant.ts';
import { fileMetaToJson, roleNames, type FileMeta, type RoleName } from '../../model/index.ts';
import { checkKeyIds } from '../../trust/index.ts';
import type { Bench } from '../bench.ts';
import type { ChangePlan } from '../change-plan.ts';
import { authorityIn, contentOf, declarations, type Content } from '../content.ts';
import { differences, lostTags } from '../difference.ts';
import { isSignedBy } from '../document.ts';
import { digestIn } from '../edits/tags.ts';
import { leftFile, publishedVersion } from '../published-version.ts';
import { refuse, type Base, type Bundle, type BundledDocument } from './bundle.ts';
import { authoritiesOf, checkSignatures, countSignatures, type RoleSignatures } from './signatures.ts';

export interface BundlePlan extends ChangePlan {
  /** By document; twice for a root whose keys change: for the keys before, and for those after. */
  readonly signatures: readonly RoleSignatures[];
  /** Everything that it says is published already. */
  readonly isPublished: boolean;
}

export interface WeighedBundle {
  readonly plan: BundlePlan;
  /** What the repository says once the bundle is published. */
  readonly after: Content;
}

/** What a role's next document continues. */
export async function baseOf(bench: Bench, role: RoleName): Promise<Base> {
  const { root, snapshot } = bench.repository;
  const sha256 = snapshot.data.meta.get(role)?.hashes.get('sha256');
  const version = role === roleNames.root ? root.data.version : await publishedVersion(bench, role);
  return { version, sha256: sha256 && toHex(sha256) };
}

/**
 * A bundle is as good as what it proves: it is compared with what is published now, every signature in it is checked, and
 * what it would change is worked out from its documents alone.
 * @throws BUNDLE_OUTDATED, BUNDLE_REFUSED, KEY_ID_MISMATCH, EXPIRED, and what reading left files throws
 */
export async function weigh(bench: Bench, bundle: Bundle): Promise<WeighedBundle> {
  const { gun, repository, now } = bench;
  checkRepairs(bench, bundle);
  const before = contentOf(repository);
  const after = contentAfter(before, bundle);
  const isPublished = bundle.documents.every((document) => isServed(bench, document));
  if (!isPublished) await checkBases(bench, bundle);
  const signatures: RoleSignatures[] = [];
  for (const document of bundle.documents) {
    const { role, expires } = document;
    if (now >= expires.epochMs)
      throw new DctError('EXPIRED', { gun, role, expires: expires.text, now: showInstant(now) });
    await checkNothingHidden(bench, before, document);
    const authorities = authoritiesOf(role, before, after);
    checkSignatures(document, authorities);
    signatures.push(...authorities.map((authority) => countSignatures(document, authority)));
  }
  checkReadable(bench, bundle, after);
  const plan: BundlePlan = {
    gun,
    initialises: false,
    newKeys: [],
    documents: isPublished
      ? []
      : bundle.documents.map(({ role, version, expires }) => ({ role, version, expires })),
    differences: differences(before, after),
    lostTags: lostTags(before, after),
    remarks: [],
    signatures,
    isPublished,
  };
  return { plan, after };
}

/** Where the repository cannot be read, a bundle that does not change that is about something else. */
function checkRepairs({ faults }: Bench, { documents }: Bundle): void {
  for (const [role, fault] of faults)
    if (role !== roleNames.snapshot && !documents.some((document) => document.role === role)) throw fault;
}

function contentAfter(before: Content, { documents }: Bundle): Content {
  let after = before;
  for (const { role, says } of documents)
    after =
      'root' in says
        ? { ...after, root: says.root }
        : { ...after, targets: new Map([...after.targets, [role, says.targets]]) };
  const declared = new Set<RoleName>([roleNames.targets, ...declarations(after).map(({ name }) => name)]);
  return { ...after, targets: new Map([...after.targets].filter(([role]) => declared.has(role))) };
}

/** Whether the newest file of the role says exactly this. */
function isServed({ repository }: Bench, { role, envelope }: BundledDocument): boolean {
  const current =
    role === roleNames.root
      ? repository.root
      : role === roleNames.targets
        ? repository.targets
        : repository.delegations.get(role);
  if (current === undefined) return false;
  const text = Buffer.from(current.bytes).toString('utf8');
  const { signed } = JSON.parse(text) as { readonly signed: never };
  return equalBytes(canonicalBytes(signed), canonicalBytes(envelope.signed));
}

async function checkBases(bench: Bench, { gun, documents }: Bundle): Promise<void> {
  const changes: string[] = [];
  for (const { role, base, version } of documents) {
    if (version !== base.version + 1)
      throw refuse('the bundle', `${role} has version ${version} on top of version ${base.version}`);
    const now = await baseOf(bench, role);
    if (now.version === base.version && now.sha256 === base.sha256) continue;
    const how = now.version === base.version ? 'has another content' : `has version ${now.version}`;
    changes.push(`${role} was version ${base.version} and ${how} now`);
  }
  if (changes.length > 0) throw new DctError('BUNDLE_OUTDATED', { gun, changes: changes.join('; ') });
}

/** A tag is shown with its digest. Whatever else belongs to an entry must have been published before, or not be there. */
async function checkNothingHidden(
  bench: Bench,
  before: Content,
  { role, says }: BundledDocument,
): Promise<void> {
  if ('root' in says) {
    checkKeyIds(role, says.root.keys);
    return;
  }
  checkKeyIds(role, says.targets.delegationKeys);
  const strange = [...says.targets.targets].filter(
    ([tag, entry]) => !isPlain(entry) && !isKnown(before, tag, entry),
  );
  if (strange.length === 0) return;
  const left = (await leftFile(bench, role))?.file.targets;
  const hidden = strange.find(([tag, entry]) => !isSameInAll(left?.get(tag), entry));
  if (hidden !== undefined)
    throw refuse('the bundle', `${hidden[0]} in ${role} carries data that nobody would be shown`);
}

/** As Docker and dct write entries: one hash, and nothing besides. */
function isPlain(entry: FileMeta): boolean {
  return (
    entry.custom === undefined && entry.hashes.size === 1 && digestIn(entry) !== undefined && entry.length > 0
  );
}

function isKnown({ targets }: Content, tag: string, entry: FileMeta): boolean {
  return [...targets.values()].some((file) => isSameInAll(file.targets.get(tag), entry));
}

function isSameInAll(a: FileMeta | undefined, b: FileMeta): boolean {
  return a !== undefined && equalBytes(canonicalBytes(fileMetaToJson(a)), canonicalBytes(fileMetaToJson(b)));
}

/** Files that are not part of the bundle have to stay readable under the keys that it names (ADR 0016). */
function checkReadable({ repository }: Bench, { documents }: Bundle, after: Content): void {
  const files = [
    [roleNames.targets, repository.targets],
    [roleNames.releases, repository.delegations.get(roleNames.releases)],
  ] as const;
  for (const [role, file] of files) {
    const authority = authorityIn(after, role);
    if (file === undefined || authority === undefined || documents.some((document) => document.role === role))
      continue;
    if (!isSignedBy(file.bytes, authority))
      throw refuse('the bundle', `nobody could read ${role} any more, whose keys it changes`);
  }
}
