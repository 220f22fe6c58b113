// A passphrase that was handed over for this command: in a file, or through a descriptor.
import { decodeUtf8 } from '../../base/bytes.ts';
import { DctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { PassphraseRequest, PassphraseSource } from './source.ts';

/** Where one comes from, and which keys it is meant for: `root`, `repository` (all others), a role, a signer, a GUN or a key id. */
export interface HandedPassphrase {
  /** For messages: the file's name, or `descriptor 3`. */
  readonly source: string;
  readonly for?: string;
  readonly read: () => Promise<Uint8Array | undefined>;
}

/**
 * One attempt, with the first that is meant for the key. Each is read when it is needed first, and once: a pipe has nothing
 * more to say.
 */
export function handedPassphrases(handed: readonly HandedPassphrase[]): PassphraseSource {
  const known = new Map<HandedPassphrase, Promise<string>>();
  return {
    get: async (request) => {
      if (request.attempt > 0) return undefined;
      const one = handed.find((candidate) => isMeantFor(candidate.for, request));
      if (one === undefined) return undefined;
      const reading = known.get(one) ?? readPassphrase(one);
      known.set(one, reading);
      return { passphrase: await reading, source: one.source };
    },
  };
}

/** By kind, by role or signer, by repository, or by at least 7 digits of the key id; without any, for every key (F-115). */
function isMeantFor(whom: string | undefined, { keyId, role, gun }: PassphraseRequest): boolean {
  if (whom === undefined || whom === role || whom === gun) return true;
  if (whom === 'repository') return role !== 'root';
  return /^[0-9a-f]{7,64}$/.test(whom) && keyId.startsWith(whom);
}

/**
 * The text byte by byte, white space and all, except for one line end behind it (KS-09).
 * @throws PASSPHRASE_UNREADABLE
 */
async function readPassphrase({ source, read }: HandedPassphrase): Promise<string> {
  const refuse = (problem: string): DctError => new DctError('PASSPHRASE_UNREADABLE', { source, problem });
  const bytes = await read();
  if (bytes === undefined) throw refuse('it does not exist');
  if (bytes.byteLength > limits.passphraseBytes)
    throw refuse(`it has more than ${limits.passphraseBytes} bytes`);
  const text = decodeUtf8(bytes)?.replace(/\r?\n$/, '');
  if (text === undefined) throw refuse('it is not UTF-8');
  if (text === '') throw refuse('it is empty');
  return text;
}
