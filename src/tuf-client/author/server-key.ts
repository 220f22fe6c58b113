// Keys that the server signs with. They are trusted here for the first time, so they must at least be ones that can sign (PB-03).
import { DctError } from '../../base/errors.ts';
import type { Gun } from '../../base/reference.ts';
import { keyMaterial } from '../crypto/index.ts';
import type { PublicKey } from '../model/index.ts';

export type ServerRole = 'timestamp' | 'snapshot';

/** @throws SERVER_KEY_REFUSED */
export function usableServerKey(key: PublicKey, gun: Gun, role: ServerRole): PublicKey {
  const refuse = (problem: string): DctError => new DctError('SERVER_KEY_REFUSED', { gun, role, problem });
  if (key.type.endsWith('-x509')) throw refuse('it is a certificate');
  if (keyMaterial(key) === undefined) throw refuse(`it is not a usable ${key.type} key`);
  return key;
}
