// A key store in memory: its files, and sources of passphrases that write down what they are asked.
import { utf8 } from '../../src/base/bytes.ts';
import { DctError } from '../../src/base/errors.ts';
import type { Files } from '../../src/base/ports.ts';
import { openKeyStore, type KeyStore } from '../../src/keystore/index.ts';
import type { PassphraseRequest, PassphraseSource } from '../../src/keystore/index.ts';

export interface MemoryFiles extends Files {
  /** By path below the directory. */
  readonly contents: Map<string, Uint8Array>;
}

export function memoryFiles(root: string, contents: Readonly<Record<string, string>> = {}): MemoryFiles {
  const files = new Map(Object.entries(contents).map(([path, text]) => [path, utf8(text)]));
  const locate = (path: string): string => `${root}/${path}`;
  return {
    contents: files,
    locate,
    read: (path) => Promise.resolve(files.get(path)),
    write: (path, bytes) => Promise.resolve(void files.set(path, bytes)),
    create: (path, bytes) => {
      if (files.has(path)) return Promise.reject(new DctError('KEY_EXISTS', { file: locate(path) }));
      return Promise.resolve(void files.set(path, bytes));
    },
    list: (path) => {
      const below = [...files.keys()].filter((name) => name.startsWith(`${path}/`));
      return Promise.resolve(below.map((name) => name.slice(path.length + 1)).sort());
    },
    remove: (path) => Promise.resolve(void files.delete(path)),
  };
}

/** From now on that file is read once as if it were missing: somebody puts it there just afterwards. */
export function readsNothingAtFirst(files: MemoryFiles, path: string): void {
  const read = files.read.bind(files);
  let isMissing = true;
  files.read = (name) => {
    if (name !== path || !isMissing) return read(name);
    isMissing = false;
    return Promise.resolve(undefined);
  };
}

export interface AskedSource extends PassphraseSource {
  readonly asked: PassphraseRequest[];
}

/** Answers in this order, then has no more. */
export function answers(...passphrases: readonly string[]): AskedSource {
  const asked: PassphraseRequest[] = [];
  return {
    asked,
    get: (request) => {
      const passphrase = passphrases[asked.push(request) - 1];
      return Promise.resolve(passphrase === undefined ? undefined : { passphrase, source: 'the test' });
    },
  };
}

export interface MemoryStore {
  readonly store: KeyStore;
  readonly files: MemoryFiles;
  /** Where public keys go, whatever the directory's name is. */
  readonly elsewhere: MemoryFiles;
}

export function memoryStore(
  passphrases: PassphraseSource,
  { files = memoryFiles('/trust'), elsewhere = memoryFiles('/home') } = {},
): MemoryStore {
  return { files, elsewhere, store: openKeyStore({ files, passphrases, openDirectory: () => elsewhere }) };
}
