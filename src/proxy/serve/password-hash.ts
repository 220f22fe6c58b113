// Passwords of the proxy's own users, as lines of a file: hashed with scrypt, whose cost is bounded (RFC 7914).
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { limits } from '../../base/limits.ts';

/** `scrypt$LOG2N$R$P$SALT$HASH`, salt and hash in base64url. */
export interface PasswordHash {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** About 32 MiB and a tenth of a second: passwords are remembered once they were right. */
const usual = { logN: 15, r: 8, p: 1 };
const hashBytes = 32;

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, { ...usual, salt, hash: Buffer.alloc(hashBytes) });
  const { logN, r, p } = usual;
  return `scrypt$${logN}$${r}$${p}$${salt.toString('base64url')}$${hash.toString('base64url')}`;
}

/** Undefined for anything else, and for more work than the proxy does for one attempt. */
export function parsePasswordHash(text: string): PasswordHash | undefined {
  const form = /^scrypt\$(\d{1,2})\$(\d{1,2})\$(\d)\$([\w-]{16,86})\$([\w-]{43})$/;
  const [, logN, r, p, salt = '', hash = ''] = form.exec(text) ?? [];
  const cost = { logN: Number(logN), r: Number(r), p: Number(p) };
  if (!(cost.logN >= 14 && cost.r >= 1 && cost.p >= 1)) return undefined;
  if (2 ** cost.logN * cost.r * cost.p > limits.passwordWork) return undefined;
  return { ...cost, salt: Buffer.from(salt, 'base64url'), hash: Buffer.from(hash, 'base64url') };
}

/** Takes as long for a wrong password as for the right one. */
export async function isPassword(password: string, expected: PasswordHash): Promise<boolean> {
  return timingSafeEqual(await derive(password, expected), expected.hash);
}

/** For names that are none: the same work, and never equal. */
export function nobodysHash(): PasswordHash {
  return { ...usual, salt: randomBytes(16), hash: randomBytes(hashBytes) };
}

function derive(password: string, { logN, r, p, salt }: PasswordHash): Promise<Buffer> {
  const cost = { N: 2 ** logN, r, p, maxmem: 256 * 2 ** logN * r };
  return new Promise((resolve, reject) =>
    scrypt(password, salt, hashBytes, cost, (error, key) => (error === null ? resolve(key) : reject(error))),
  );
}
