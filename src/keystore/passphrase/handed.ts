// A passphrase that was handed over for this command: in a file, or through a descriptor.
import { decodeUtf8 } from '../../base/bytes.ts';
import { DctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { PassphraseSource } from './source.ts';

/** Where one comes from, and which keys it is meant for; for all of them when that is left out. */
export interface HandedPassphrase {
  /** For messages: the file's name, or `descriptor 3`. */
  readonly source: string;
  readonly for?: 'root' | 'repository';
  readonly read: () => Promise<Uint8Array | undefined>;
}

/**
 * One attempt, with the first that is meant for the key. Each is read when it is needed first, and once: a pipe has nothing
 * more to say.
 */
export function handedPassphrases(handed: readonly HandedPassphrase[]): PassphraseSource {
  const known = new Map<HandedPassphrase, Promise<string>>();
  return {
    get: async ({ role, attempt }) => {
      if (attempt > 0) return undefined;
      const kind = role === 'root' ? 'root' : 'repository';
      const one = handed.find((candidate) => candidate.for === undefined || candidate.for === kind);
      if (one === undefined) return undefined;
      const reading = known.get(one) ?? readPassphrase(one);
      known.set(one, reading);
      return { passphrase: await reading, source: one.source };
    },
  };
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
