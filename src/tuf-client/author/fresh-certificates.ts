// Certificates of root keys that end soon: the same keys get new ones with the next publication (dialect 4.4, 11).
import { X509Certificate } from 'node:crypto';
import { isDctError } from '../../base/errors.ts';
import { instantAt, type Instant } from '../../base/instant.ts';
import { canonicalKeyId, keyId, readRootCertificate } from '../crypto/index.ts';
import { isCertificateKey, roleNames, type KeyId, type PublicKey } from '../model/index.ts';
import { canSign, type Bench } from './bench.ts';
import { authorityIn, contentOf, type Content } from './content.ts';
import { isNearEnd } from './lifetimes.ts';
import { certifyRootKey } from './root-certificate.ts';

export interface Recertified {
  readonly content: Content;
  /** The first of the ends that are near. */
  readonly renews: Instant;
}

/**
 * When a root certificate ends, the repository is dead for everybody, however long its metadata lives. Undefined when none
 * is near its end, or when the root cannot be signed here: that keeps nobody from signing anything else.
 */
export async function withFreshCertificates(
  bench: Bench,
  content: Content,
): Promise<Recertified | undefined> {
  const { roles, keys } = content.root;
  const fresh = new Map<KeyId, PublicKey>();
  const ends: Instant[] = [];
  for (const id of roles.root.keyIds) {
    const key = keys.get(id);
    const end = key && (await endOf(key));
    if (key === undefined || end === undefined || !isNearEnd(end, bench.now)) continue;
    const certificate = await newCertificate(bench, key);
    if (certificate === undefined) continue;
    fresh.set(id, certificate);
    ends.push(end);
  }
  const [renews] = ends.sort((a, b) => a.epochMs - b.epochMs);
  if (renews === undefined) return undefined;
  const keyIds = roles.root.keyIds.map((id) => keyId(fresh.get(id) ?? (keys.get(id) as PublicKey)));
  const listed = [...fresh.values()].map((key) => [keyId(key), key] as const);
  const root = {
    ...content.root,
    roles: { ...roles, root: { ...roles.root, keyIds } },
    // Old ones stay in the table, as Notary leaves them.
    keys: new Map([...keys, ...listed]),
  };
  const after = { ...content, root };
  const authorities = [contentOf(bench.repository), after].map((one) => authorityIn(one, roleNames.root));
  for (const authority of authorities) if (!(await canSign(bench, authority))) return undefined;
  return { content: after, renews };
}

async function endOf(key: PublicKey): Promise<Instant | undefined> {
  const certificate = isCertificateKey(key) ? await readRootCertificate(key) : 'it is none';
  return typeof certificate === 'string' ? undefined : instantAt(certificate.notAfter);
}

/** Only in place of one that a key signed for itself: what an authority has signed, only that authority can renew. */
async function newCertificate({ keys, gun, now }: Bench, key: PublicKey): Promise<PublicKey | undefined> {
  const id = canonicalKeyId(key);
  const old = new X509Certificate(Buffer.from(key.value));
  if (id === undefined || !old.verify(old.publicKey) || (await keys.held([id])).length === 0)
    return undefined;
  try {
    return await certifyRootKey(await keys.signer(id), gun, now);
  } catch (error) {
    // The key is here, but nobody who could open it.
    if (!isDctError(error) || error.family !== 'key') throw error;
    return undefined;
  }
}
