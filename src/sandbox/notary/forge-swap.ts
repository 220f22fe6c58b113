// What a thief of the server's keys can forge: a tag's content under an old signature, below a snapshot and a timestamp that are valid.
import { toHex } from '../../base/bytes.ts';
import { DctError } from '../../base/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../base/json.ts';
import type { Gun } from '../../base/reference.ts';
import {
  fileMetaToJson,
  parseDocument,
  readEnvelope,
  readRoot,
  readSnapshot,
  readTargets,
  roleNames,
  serialise,
  type FileMeta,
  type RoleName,
} from '../../tuf-client/model/index.ts';
import { sha256Hex } from '../../tuf-client/trust/index.ts';
import { makeSnapshot, makeTimestamp, metaOf, type Document } from './document.ts';
import type { ServerKeys } from './server-keys.ts';
import { shownFiles, type ForgedFile, type View } from './view.ts';

export interface SwapContext {
  readonly gun: Gun;
  readonly content: (sha256: string) => Promise<Uint8Array | undefined>;
  readonly keys: ServerKeys;
  readonly now: number;
  readonly timestampLifetimeMs: number;
}

export interface SwappedTarget {
  readonly tag: string;
  /** The role whose signature is wrong now. */
  readonly role: RoleName;
  readonly before: { readonly sha256: string; readonly length: number };
  readonly after: { readonly sha256: string; readonly length: number };
}

/** @throws ATTACK_IMPOSSIBLE */
export async function forgeSwap(
  context: SwapContext,
  view: View,
  tag: string,
  content: FileMeta,
): Promise<{ readonly forged: readonly ForgedFile[]; readonly swapped: SwappedTarget }> {
  const { gun, keys, now } = context;
  const impossible = (problem: string): DctError =>
    new DctError('ATTACK_IMPOSSIBLE', { attack: 'swap a tag of', gun, problem });
  const shown = async (role: RoleName): Promise<Uint8Array | undefined> => {
    const file = shownFiles(view).get(role);
    return file && (await context.content(file.sha256));
  };

  const [rootBytes, snapshotBytes] = [await shown(roleNames.root), await shown(roleNames.snapshot)];
  if (rootBytes === undefined || snapshotBytes === undefined) throw impossible('it has no snapshot');
  const root = parseDocument('root metadata', rootBytes, (document) => readRoot(readEnvelope(document)));
  const snapshot = parseDocument('snapshot metadata', snapshotBytes, (document) =>
    readSnapshot(readEnvelope(document)),
  );
  const signers = {
    snapshot: await keys.signers(gun, 'snapshot', root),
    timestamp: await keys.signers(gun, 'timestamp', root),
  };
  if (signers.snapshot.length === 0) throw impossible('its owner signs the snapshots, not the server');

  const found = await swapIn([roleNames.releases, roleNames.targets], shown, tag, content);
  if (found === undefined) throw impossible(`"${tag}" is not signed there`);
  const next = (role: RoleName): number => (shownFiles(view).get(role)?.version ?? 0) + 1;
  const meta = new Map([...snapshot.meta, [found.document.role, metaOf(found.document.bytes)]]);
  const newSnapshot = await makeSnapshot(next(roleNames.snapshot), meta, signers.snapshot, now);
  const expiresAt = now + context.timestampLifetimeMs;
  const newTimestamp = await makeTimestamp(
    next(roleNames.timestamp),
    newSnapshot.bytes,
    signers.timestamp,
    expiresAt,
  );
  const forged = [found.document, newSnapshot, newTimestamp].map((document): ForgedFile => ({
    ...document,
    sha256: sha256Hex(document.bytes),
    storedAt: now,
  }));
  const { role } = found.document;
  return { forged, swapped: { tag, role, before: plain(found.before), after: plain(content) } };
}

/** The first of these roles that names the tag, with other content for it, the next version, and its old signatures. */
async function swapIn(
  roles: readonly RoleName[],
  shown: (role: RoleName) => Promise<Uint8Array | undefined>,
  tag: string,
  content: FileMeta,
): Promise<{ readonly document: Document; readonly before: FileMeta } | undefined> {
  for (const role of roles) {
    const bytes = await shown(role);
    if (bytes === undefined) continue;
    const envelope = parseDocument(`${role} metadata`, bytes, readEnvelope);
    const { targets, version } = parseDocument(`${role} metadata`, bytes, () => readTargets(envelope, role));
    const before = targets.get(tag);
    if (before === undefined) continue;
    // A version of its own, so that a client that saw the honest file does not call it that one altered.
    const signed = withMembers(envelope.signed, {
      version: version + 1,
      targets: withMembers(envelope.signed['targets'], { [tag]: fileMetaToJson(content) }),
    });
    return {
      document: { role, version: version + 1, bytes: serialise(signed, envelope.signatures) },
      before,
    };
  }
  return undefined;
}

function plain(meta: FileMeta): SwappedTarget['before'] {
  return { sha256: toHex(meta.hashes.get('sha256') ?? new Uint8Array()), length: meta.length };
}

/** A copy with some members replaced; names such as `__proto__` stay names, because it has no prototype. */
function withMembers(value: JsonValue | undefined, changes: JsonObject): JsonObject {
  const copy = Object.create(null) as Record<string, JsonValue>;
  return Object.assign(copy, isJsonObject(value) ? value : {}, changes);
}
