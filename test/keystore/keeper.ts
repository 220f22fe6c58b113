// A key keeper over files in memory or on the disk, with passphrases that the test hands out.
import { openDirectory } from '../../src/disk/files.ts';
import { withLock } from '../../src/disk/lock.ts';
import type { Files } from '../../src/base/ports.ts';
import {
  openKeyKeeper,
  openKeyStore,
  type ImportOptions,
  type KeyKeeper,
  type KeyKeeperOptions,
  type KeyStore,
  type PassphraseSource,
} from '../../src/keystore/index.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { answers, memoryFiles, type MemoryFiles } from './memory.ts';
import { passphrase } from './vectors.ts';

/** Always the same answer, to every question. */
export function always(text: string): PassphraseSource {
  return {
    get: ({ attempt }) => Promise.resolve(attempt > 0 ? undefined : { passphrase: text, source: 'the test' }),
  };
}

export interface MemoryKeeper {
  readonly keeper: KeyKeeper;
  readonly files: MemoryFiles;
  /** Where exports go. */
  readonly elsewhere: MemoryFiles;
}

export function memoryKeeper(
  changes: Partial<Omit<KeyKeeperOptions, 'files'>> & { readonly files?: MemoryFiles } = {},
): MemoryKeeper {
  const { files = memoryFiles('/trust'), ...options } = changes;
  const elsewhere = memoryFiles('/out');
  const keeper = openKeyKeeper({
    files,
    openDirectory: () => elsewhere,
    passphrases: always(passphrase),
    newPassphrases: answers(),
    access: () => Promise.resolve(undefined),
    ...options,
  });
  return { keeper, files, elsewhere };
}

/** Store and keeper over a real directory, as a process of its own would have them. */
export function onDisk(
  root: string,
  passphrases: PassphraseSource = always(passphrase),
  newPassphrases: PassphraseSource = answers(),
  files: Files = openDirectory(root),
): { readonly keeper: KeyKeeper; readonly store: KeyStore } {
  const options = {
    files,
    openDirectory,
    passphrases,
    newPassphrases,
    access: () => Promise.resolve(undefined),
    exclusively: <T>(work: () => Promise<T>) => withLock(`${root}/dct/_keys.lock`, work),
  };
  return { keeper: openKeyKeeper(options), store: openKeyStore(options) };
}

/** Imports texts as files `/in/0.pem`, `/in/1.pem`, …, and answers with what became of the keys. */
export async function importTexts(
  keeper: KeyKeeper,
  texts: readonly string[],
  options: Partial<ImportOptions> = {},
): Promise<Awaited<ReturnType<KeyKeeper['prepareImport']>>['keys']> {
  const sources = texts.map((text, i) => ({ name: `/in/${i}.pem`, bytes: utf8(text) }));
  const prepared = await keeper.prepareImport(sources, { defaultRole: 'delegation', ...options });
  await prepared.store();
  return prepared.keys;
}

/** The text with another PEM header, or with one more. */
export function withHeader(text: string, name: string, value: string): string {
  const [begin = '', ...rest] = text.replace(new RegExp(`^${name}: .*\n`, 'm'), '').split('\n');
  const hasHeaders = rest[0]?.includes(': ') === true;
  return [begin, `${name}: ${value}`, ...(hasHeaders || rest[0] === '' ? [] : ['']), ...rest].join('\n');
}

/** The text as OpenSSL would have it. */
export function withoutHeaders(text: string): string {
  return text.replace(/^(?:role|gun|path): .*\n/gm, '').replace(/(-----\n)\n/, '$1');
}
