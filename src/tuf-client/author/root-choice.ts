// With which root key and which certificate a repository begins; everything about them is checked before anything is made.
import { DctError } from '../../base/errors.ts';
import { showInstant } from '../../base/instant.ts';
import type { Gun } from '../../base/reference.ts';
import { canonicalKeyId, isCurrent, nameCovers, readRootCertificate, type Signer } from '../crypto/index.ts';
import type { KeyId, PublicKey } from '../model/index.ts';
import { checkRootKey } from './root-certificate.ts';
import type { SigningKeys } from './types.ts';

/** Left out, both: the first root key that is here, as Docker takes it, or a new one, in a certificate made for it. */
export interface RootChoice {
  /** A root key that is here. */
  readonly key?: KeyId | undefined;
  /** A certificate of a key that is here, with its chain. */
  readonly certificate?: PublicKey | undefined;
}

export interface FirstRoot {
  /** Unlocked; undefined when it has to be made. */
  readonly existing: Signer | undefined;
  readonly certificate: PublicKey | undefined;
  readonly remarks: readonly string[];
}

/** @throws KEY_REFUSED, KEY_MISSING, USAGE, and what unlocking throws */
export async function chooseRoot(
  keys: SigningKeys,
  gun: Gun,
  choice: RootChoice | undefined,
  now: number,
): Promise<FirstRoot> {
  const { certificate } = choice ?? {};
  if (certificate !== undefined) await checkCertificate(certificate, gun, now);
  const chosen = chosenKey(choice);
  const [first, ...others] = await keys.rootKeys();
  if (chosen !== undefined && (await keys.held([chosen])).length === 0)
    throw new DctError('KEY_MISSING', { gun, role: 'root', keyIds: chosen });
  const id = chosen ?? first;
  const existing = id && (await keys.signer(id));
  if (existing !== undefined) checkRootKey(existing);
  const isGuess = chosen === undefined && others.length > 0;
  const remarks =
    isGuess && id !== undefined
      ? [`of ${others.length + 1} root keys, ${id} was taken, the first; --root-key chooses another`]
      : [];
  return { existing, certificate, remarks };
}

function chosenKey({ key, certificate }: RootChoice = {}): KeyId | undefined {
  const certified = certificate && canonicalKeyId(certificate);
  if (key === undefined || certified === undefined || key === certified) return key ?? certified;
  throw new DctError('USAGE', {
    problem: `the certificate is that of key ${certified}, not of ${key}`,
    hint: 'Leave --root-key away: the certificate says which key it is.',
  });
}

/** A repository that is there has its root key. @throws USAGE */
export function refuseRoot(gun: Gun, choice: RootChoice | undefined): void {
  if (choice === undefined) return;
  throw new DctError('USAGE', {
    problem: `${gun} has a root key already`,
    hint: `To replace it: dct key rotate ${gun} root --key ID`,
  });
}

/** What every reader will check (dialect 4.4), and what no reader could be told apart from later: its time. @throws KEY_REFUSED */
async function checkCertificate(key: PublicKey, gun: Gun, now: number): Promise<void> {
  const refuse = (problem: string): DctError =>
    new DctError('KEY_REFUSED', { what: 'the root certificate', problem });
  const certificate = await readRootCertificate(key);
  if (typeof certificate === 'string') throw refuse(certificate);
  const { commonName, notBefore, notAfter } = certificate;
  if (!nameCovers(commonName, gun))
    throw refuse(`its common name "${commonName}" is neither ${gun} nor a beginning of it that ends in /*`);
  if (!isCurrent(certificate, now))
    throw refuse(`it is valid from ${showInstant(notBefore)} until ${showInstant(notAfter)}`);
}
