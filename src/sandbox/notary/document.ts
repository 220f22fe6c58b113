// Files that the server makes itself: snapshots and timestamps, in Go form, signed with its own keys (dialect 9.4).
import { createHash } from 'node:crypto';
import { instantAt } from '../../base/instant.ts';
import type { JsonObject } from '../../base/json.ts';
import type { Signer } from '../../tuf-client/crypto/index.ts';
import {
  roleNames,
  serialise,
  signedMessage,
  snapshotToJson,
  timestampToJson,
  type FileMeta,
  type RoleName,
  type Signature,
} from '../../tuf-client/model/index.ts';

/** A file to be stored. */
export interface Document {
  readonly role: RoleName;
  readonly version: number;
  readonly bytes: Uint8Array;
}

export const dayMs = 24 * 60 * 60 * 1000;
/** As Notary has it (dialect 2.4). */
const snapshotLifetimeMs = 3 * 365 * dayMs;

/** Length and both hashes of a file's bytes as they are stored, where the real server hashes its own rendering of them. */
export function metaOf(bytes: Uint8Array): FileMeta {
  const hash = (algorithm: string): Uint8Array =>
    new Uint8Array(createHash(algorithm).update(bytes).digest());
  const hashes = new Map(['sha256', 'sha512'].map((algorithm) => [algorithm, hash(algorithm)]));
  return { length: bytes.byteLength, hashes };
}

export function makeSnapshot(
  version: number,
  meta: ReadonlyMap<RoleName, FileMeta>,
  signers: readonly Signer[],
  now: number,
): Promise<Document> {
  const body = snapshotToJson({ version, expires: instantAt(now + snapshotLifetimeMs), meta });
  return signed(roleNames.snapshot, version, body, signers);
}

/** `expiresAt` in milliseconds since the epoch. */
export function makeTimestamp(
  version: number,
  snapshot: Uint8Array,
  signers: readonly Signer[],
  expiresAt: number,
): Promise<Document> {
  const body = timestampToJson({ version, expires: instantAt(expiresAt), snapshot: metaOf(snapshot) });
  return signed(roleNames.timestamp, version, body, signers);
}

async function signed(
  role: RoleName,
  version: number,
  body: JsonObject,
  signers: readonly Signer[],
): Promise<Document> {
  const message = signedMessage(body);
  const signatures: Signature[] = [];
  for (const signer of signers) {
    const value = await signer.sign(message);
    signatures.push({ keyId: signer.keyId, method: signer.method, value });
  }
  return { role, version, bytes: serialise(body, signatures) };
}
