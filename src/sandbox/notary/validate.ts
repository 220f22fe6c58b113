// Whether an update may be stored, and what the server adds to it: Notary's rules in Notary's order (dialect 9.4).
import type { Gun } from '../../base/reference.ts';
import {
  parseDocument,
  readEnvelope,
  readSnapshot,
  readTimestamp,
  roleNames,
  type FileMeta,
  type RoleName,
} from '../../tuf-client/model/index.ts';
import { authorityOf, checkContent, checkThreshold } from '../../tuf-client/trust/index.ts';
import {
  acceptStoredRoot,
  acceptUploadedRoot,
  checkUnexpired,
  refusing,
  type AcceptedRoot,
} from './check-root.ts';
import { checkTargets } from './check-targets.ts';
import { makeSnapshot, makeTimestamp, metaOf, type Document } from './document.ts';
import type { Uploads } from './multipart.ts';
import { invalidUpdate, Refusal } from './refusal.ts';
import type { ServerKeys } from './server-keys.ts';
import type { Upload } from './upload.ts';

/** One repository as an update finds it. */
export interface UpdateContext {
  readonly gun: Gun;
  /** The newest stored file of a role. */
  readonly stored: (role: RoleName) => Promise<Uint8Array | undefined>;
  readonly highestVersion: (role: RoleName) => number;
  readonly keys: ServerKeys;
  readonly now: number;
  readonly timestampLifetimeMs: number;
}

/**
 * The documents that make up the next generation: what was uploaded, a snapshot if none was, and a timestamp. An uploaded
 * timestamp is passed over. No upload at all is an update too, of snapshot and timestamp.
 * @throws Refusal INVALID_UPDATE, VERSION
 */
export async function validateUpdate(context: UpdateContext, uploads: Uploads): Promise<readonly Document[]> {
  const root = await acceptEffectiveRoot(context, uploads.get(roleNames.root));
  const targets = await checkTargets({ ...context, root, uploads });
  const uploaded = [...uploads.values()].filter(({ role }) => role !== roleNames.timestamp);
  const sent = uploads.get(roleNames.snapshot);
  const snapshot =
    sent === undefined
      ? await generateSnapshot(context, root, uploaded)
      : await acceptSnapshot(context, root, targets, sent);
  const timestamp = await generateTimestamp(context, root, snapshot.bytes);
  // Versions may jump, but never stay or go back: this is what tells two publishers apart who started from the same state.
  for (const { role, version } of uploaded)
    if (version <= context.highestVersion(role)) throw new Refusal('VERSION', {});
  return [...uploaded.filter(({ role }) => role !== roleNames.snapshot), snapshot, timestamp];
}

/**
 * A new timestamp, and a new snapshot too when the one it names has expired. Answers nothing while both are valid.
 * @throws Refusal UNKNOWN when the repository is in no state in which the server may sign
 */
export async function renew(context: UpdateContext): Promise<readonly Document[]> {
  const [timestamp, snapshot, stored] = await Promise.all(
    [roleNames.timestamp, roleNames.snapshot, roleNames.root].map(context.stored),
  );
  if (timestamp === undefined || snapshot === undefined || stored === undefined) return [];
  const isExpired = (expires: { readonly epochMs: number }): boolean => context.now >= expires.epochMs;
  const read = <T>(bytes: Uint8Array, reader: (envelope: ReturnType<typeof readEnvelope>) => T): T =>
    parseDocument('stored metadata', bytes, (document) => reader(readEnvelope(document)));
  const old = read(snapshot, readSnapshot);
  if (!isExpired(read(timestamp, readTimestamp).expires) && !isExpired(old.expires)) return [];
  try {
    const root = await acceptStoredRoot(stored, context.gun, context.now);
    await refusing('ErrBadRoot', () => checkUnexpired('root', context.gun, root.data.expires, context.now));
    const made = isExpired(old.expires) ? [await generateSnapshot(context, root, [])] : [];
    return [...made, await generateTimestamp(context, root, made[0]?.bytes ?? snapshot)];
  } catch (error) {
    throw error instanceof Refusal ? new Refusal('UNKNOWN', {}) : error;
  }
}

/** @throws Refusal ErrBadRoot, ErrValidation */
async function acceptEffectiveRoot(
  context: UpdateContext,
  upload: Upload | undefined,
): Promise<AcceptedRoot> {
  const { gun, now } = context;
  const stored = await context.stored(roleNames.root);
  const previous = stored && (await acceptStoredRoot(stored, gun, now));
  const root = upload ? await acceptUploadedRoot(upload, previous, gun, now) : previous;
  if (root === undefined)
    throw invalidUpdate('ErrValidation', 'no pre-existing root and no root provided in update.');
  return root;
}

/** An author's own snapshot must name the root and every targets file of this update as they are. @throws Refusal ErrBadSnapshot */
async function acceptSnapshot(
  { gun, now }: UpdateContext,
  root: AcceptedRoot,
  targets: ReadonlyMap<RoleName, Uint8Array>,
  upload: Upload,
): Promise<Document> {
  await refusing('ErrBadSnapshot', () => {
    checkThreshold(authorityOf(root.data.roles.snapshot, root.data.keys), upload.envelope);
    const { meta, expires } = parseDocument('snapshot metadata', upload.bytes, (document) =>
      readSnapshot(readEnvelope(document)),
    );
    checkUnexpired('snapshot', gun, expires, now);
    for (const [role, bytes] of new Map([[roleNames.root, root.bytes], ...targets])) {
      const entry = meta.get(role);
      if (entry === undefined)
        throw invalidUpdate('ErrBadSnapshot', `the snapshot does not name ${role} metadata`);
      checkContent(`${role} metadata`, bytes, entry);
    }
  });
  return upload;
}

/**
 * The snapshot before, with new entries for what is new. Entries of delegations that were removed stay for good, as on the real
 * server: a role that is declared again goes on with its old file and from its old version.
 * @throws Refusal ErrBadHierarchy when its key is not the server's, ErrValidation when there is no targets file yet
 */
async function generateSnapshot(
  context: UpdateContext,
  root: AcceptedRoot,
  uploaded: readonly Document[],
): Promise<Document> {
  const previous = await context.stored(roleNames.snapshot);
  const before =
    previous &&
    parseDocument('stored snapshot metadata', previous, (document) => readSnapshot(readEnvelope(document)));
  const meta = new Map<RoleName, FileMeta>([
    ...(before?.meta ?? []),
    [roleNames.root, metaOf(root.bytes)],
    ...uploaded.map(({ role, bytes }) => [role, metaOf(bytes)] as const),
  ]);
  if (!meta.has(roleNames.targets)) throw invalidUpdate('ErrValidation', 'targets must be loaded first');
  const signers = await context.keys.signers(context.gun, 'snapshot', root.data);
  if (signers.length === 0) {
    const problem =
      'no snapshot was included in update and server does not hold current snapshot key for repository';
    throw invalidUpdate('ErrBadHierarchy', problem, { Missing: 'snapshot' });
  }
  return makeSnapshot(context.highestVersion(roleNames.snapshot) + 1, meta, signers, context.now);
}

/** @throws Refusal ErrBadRoot when the root names a timestamp key that is not the server's */
async function generateTimestamp(
  context: UpdateContext,
  root: AcceptedRoot,
  snapshot: Uint8Array,
): Promise<Document> {
  const signers = await context.keys.signers(context.gun, 'timestamp', root.data);
  if (signers.length === 0) throw invalidUpdate('ErrBadRoot', 'no timestamp keys exist on the server');
  const expiresAt = context.now + context.timestampLifetimeMs;
  return makeTimestamp(context.highestVersion(roleNames.timestamp) + 1, snapshot, signers, expiresAt);
}
