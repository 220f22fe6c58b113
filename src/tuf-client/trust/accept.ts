// Accepting timestamp, snapshot and targets metadata: parse, signatures, version, expiry, in the order of the TUF workflow.
import { isDctError } from '../../base/errors.ts';
import type { Gun } from '../../base/reference.ts';
import { parseDocument, readEnvelope } from '../model/index.ts';
import type { Common, Envelope, KeyId, RoleName } from '../model/index.ts';
import type { Trusted } from '../types.ts';
import { checkKeyIds, checkNotExpired, checkNotOlder, checkThreshold, sha256Hex } from './checks.ts';
import type { Authority, Seen } from './checks.ts';

/** Everything that decides about one file, apart from its bytes. */
export interface Expectation<T extends Common> {
  readonly gun: Gun;
  readonly role: RoleName;
  readonly authority: Authority;
  readonly read: (envelope: Envelope) => T;
  /** What was seen of the role before. */
  readonly seen: readonly (Seen | undefined)[];
  readonly now: number;
}

/**
 * TUF 5.4.2 to 5.4.4, 5.5.3 to 5.5.6, 5.6.3 to 5.6.5.
 * @throws MALFORMED, KEY_ID_MISMATCH, PRIVATE_KEY_PUBLISHED, THRESHOLD, ROLLBACK, SAME_VERSION_CHANGED, EXPIRED
 */
export function accept<T extends Common>(bytes: Uint8Array, expected: Expectation<T>): Trusted<T> {
  const { gun, role, now } = expected;
  const { data, signedBy } = readSigned(bytes, expected);
  checkNotOlder(gun, role, data.version, bytes, expected.seen);
  checkNotExpired(gun, role, data, now);
  return { bytes, data, signedBy };
}

/**
 * What a cached file tells about the past: its version counts even when it has expired (RB-02), but only while it verifies
 * under the keys in force. A file that does not, whoever changed it, tells nothing.
 */
export function seenInCache<T extends Common>(
  bytes: Uint8Array | undefined,
  expected: Pick<Expectation<T>, 'role' | 'authority' | 'read'>,
): Seen | undefined {
  if (bytes === undefined) return undefined;
  try {
    return { version: readSigned(bytes, expected).data.version, sha256: sha256Hex(bytes) };
  } catch (error) {
    if (isDctError(error) && error.family === 'trust') return undefined;
    throw error;
  }
}

function readSigned<T extends Common>(
  bytes: Uint8Array,
  { role, authority, read }: Pick<Expectation<T>, 'role' | 'authority' | 'read'>,
): { readonly data: T; readonly signedBy: readonly KeyId[] } {
  const { envelope, data } = parseDocument(`${role} metadata`, bytes, (document) => {
    const parsed = readEnvelope(document);
    return { envelope: parsed, data: read(parsed) };
  });
  if ('delegationKeys' in data) checkKeyIds(role, data.delegationKeys as ReadonlyMap<never, never>);
  return { data, signedBy: checkThreshold(authority, envelope) };
}
