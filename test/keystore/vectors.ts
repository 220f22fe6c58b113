// The key files made by notary, docker and openssl, and a store with one of them in it.
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openDirectory } from '../../src/disk/files.ts';
import { openKeyStore, type KeyStore, type PassphraseSource } from '../../src/keystore/index.ts';
import { asKeyId, type KeyId } from '../../src/tuf-client/model/index.ts';
import { temporaryDirectory } from '../disk/support.ts';

const directory = join(import.meta.dirname, '../vectors/keys');

export const passphrase = 'correct horse';

export interface KeyVector {
  readonly name: string;
  readonly keyId: KeyId;
  readonly role: string;
  readonly gun: string | undefined;
  readonly madeBy: string;
  readonly text: string;
}

/** One row of `index.tsv` for each. */
export const vectors: readonly KeyVector[] = readFileSync(join(directory, 'index.tsv'), 'utf8')
  .trimEnd()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [name = '', id = '', role = '', gun = '', madeBy = ''] = line.split('\t');
    const keyId = asKeyId(id);
    if (keyId === undefined) throw new Error(`${name} has no key id`);
    const text = readFileSync(join(directory, `${name}.pem`), 'utf8');
    return { name, keyId, role: role === '-' ? '' : role, gun: gun === '-' ? undefined : gun, madeBy, text };
  });

export function vector(name: string): KeyVector {
  const found = vectors.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`there is no vector ${name}`);
  return found;
}

/** Name and text of files that are no usable keys. */
export const refused: readonly (readonly [string, string])[] = readdirSync(join(directory, 'refused')).map(
  (file) => [file.replace(/\.pem$/, ''), readFileSync(join(directory, 'refused', file), 'utf8')],
);

/** Always the same answer, once. */
export function answering(text: string): PassphraseSource {
  let asked = false;
  return {
    get: () => {
      const answer = asked ? undefined : { passphrase: text, source: 'the test' };
      asked = true;
      return Promise.resolve(answer);
    },
  };
}

export const nobodyToAsk: PassphraseSource = {
  get: () => Promise.reject(new Error('a passphrase was asked for in vain')),
};

/** A store in a new trust directory with these files, by path below it. */
export async function storeWith(
  contents: Readonly<Record<string, string | Uint8Array>>,
  passphrases: PassphraseSource,
): Promise<KeyStore> {
  const root = await temporaryDirectory();
  for (const [path, content] of Object.entries(contents)) {
    await mkdir(join(root, dirname(path)), { recursive: true, mode: 0o700 });
    await writeFile(join(root, path), content, { mode: 0o600 });
  }
  return openKeyStore({ files: openDirectory(root), passphrases, openDirectory });
}
