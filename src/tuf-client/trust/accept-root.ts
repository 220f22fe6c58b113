// Root metadata: structure, certificates, the step from one version to the next (TUF 5.3.4 to 5.3.6, dialect 8.4).
import { DctError } from '../../base/errors.ts';
import { showInstant } from '../../base/instant.ts';
import type { Gun } from '../../base/reference.ts';
import { nameCovers, readRootCertificate } from '../crypto/index.ts';
import { isCertificateKey, parseDocument, readEnvelope, readRoot } from '../model/index.ts';
import type { Envelope, KeyId, PublicKey, Root } from '../model/index.ts';
import type { Trusted } from '../types.ts';
import { checkKeyIds, checkNotExpired, checkThreshold } from './checks.ts';
import { outdatedIn, vouchedFor, type RootKey } from './pin-match.ts';
import type { Pin } from './pinning.ts';

/** A root that is consistent in itself, with what later steps ask of it. */
export interface TrustedRoot extends Trusted<Root> {
  readonly envelope: Envelope;
  /** The root keys whose certificate may speak for this GUN, pinned ones only when there is a pin. */
  readonly keys: ReadonlyMap<KeyId, RootKey>;
}

/**
 * Accepts a root that is signed by itself, whatever the time is: expiry counts only for the last of a chain (TUF 5.3.10).
 * With a pin only pinned keys count, for every root and not just the first (RT-04, RT-29).
 * @throws MALFORMED, KEY_ID_MISMATCH, CERTIFICATE_NAME, CERTIFICATE_REFUSED, PIN_MISMATCH, THRESHOLD
 */
export async function acceptRoot(bytes: Uint8Array, gun: Gun, pin: Pin | undefined): Promise<TrustedRoot> {
  const { envelope, data } = parseDocument('root metadata', bytes, (document) => {
    const parsed = readEnvelope(document);
    return { envelope: parsed, data: readRoot(parsed) };
  });
  checkKeyIds('root', data.keys);
  const keys = await vouchedFor(gun, pin, await usableKeys(gun, data));
  checkThreshold({ role: 'root', keys: publicKeys(keys), threshold: data.roles.root.threshold }, envelope);
  return { bytes, data, envelope, keys };
}

/**
 * Accepts the successor of a trusted root: exactly the next version, signed by the old keys and by the new ones
 * (TUF 5.3.4, 5.3.5; RT-17, RT-19).
 * @throws ROOT_GAP, ROOT_ROTATION, and what `acceptRoot` throws
 */
export async function acceptNextRoot(
  previous: TrustedRoot,
  bytes: Uint8Array,
  gun: Gun,
  pin: Pin | undefined,
): Promise<TrustedRoot> {
  const next = await acceptRoot(bytes, gun, pin);
  const expected = previous.data.version + 1;
  if (next.data.version !== expected)
    throw new DctError('ROOT_GAP', { gun, expected, problem: `the file says version ${next.data.version}` });
  try {
    checkThreshold(
      { role: 'root', keys: publicKeys(previous.keys), threshold: previous.data.roles.root.threshold },
      next.envelope,
    );
  } catch (error) {
    throw new DctError('ROOT_ROTATION', { gun, from: previous.data.version, to: expected }, error);
  }
  return next;
}

/**
 * The last root of a chain must be valid now: its metadata unexpired (TUF 5.3.10) and its threshold met by keys whose
 * certificates, and the authorities that a pin trusts them for, are within their time. The two expiries are different errors (RT-08, RT-09).
 * @throws EXPIRED, CERTIFICATE_EXPIRED
 */
export function checkRootNow(root: TrustedRoot, gun: Gun, now: number): void {
  checkNotExpired(gun, 'root', root.data, now);
  const current = new Map([...root.keys].filter(([, key]) => outdatedIn(key, now) === undefined));
  try {
    const { threshold } = root.data.roles.root;
    checkThreshold({ role: 'root', keys: publicKeys(current), threshold }, root.envelope);
  } catch (error) {
    const [outdated] = [...root.keys].filter(([id]) => !current.has(id));
    const life = outdated && outdatedIn(outdated[1], now);
    if (outdated === undefined || life === undefined) throw error;
    const [from, until] = [showInstant(life.notBefore), showInstant(life.notAfter)];
    const whose = life.authority === undefined ? {} : { authority: life.authority };
    throw new DctError(
      'CERTIFICATE_EXPIRED',
      { gun, keyId: outdated[0], ...whose, from, until, now: showInstant(now) },
      error,
    );
  }
}

/** Root keys must be certificates for this GUN; others are passed over, unless none is left (dialect 4.4). */
async function usableKeys(gun: Gun, data: Root): Promise<Map<KeyId, RootKey>> {
  const usable = new Map<KeyId, RootKey>();
  let problem: DctError | undefined;
  for (const id of data.roles.root.keyIds) {
    const key = data.keys.get(id);
    if (key === undefined) continue;
    const certificate = isCertificateKey(key)
      ? await readRootCertificate(key)
      : 'a root key must be a certificate';
    if (typeof certificate === 'string')
      problem = new DctError('CERTIFICATE_REFUSED', { gun, keyId: id, problem: certificate });
    else if (!nameCovers(certificate.commonName, gun))
      problem = new DctError('CERTIFICATE_NAME', { gun, name: certificate.commonName });
    else usable.set(id, { key, chains: [[certificate]] });
  }
  if (usable.size === 0 && problem !== undefined) throw problem;
  return usable;
}

function publicKeys(keys: ReadonlyMap<KeyId, RootKey>): ReadonlyMap<KeyId, PublicKey> {
  return new Map([...keys].map(([id, { key }]) => [id, key]));
}
