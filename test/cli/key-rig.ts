// One user's whole key commands, in this process, over a home directory on the disk.
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { main } from '../../src/cli/main.ts';
import type { Io } from '../../src/cli/io.ts';
import { temporaryDirectory } from '../disk/support.ts';
import { passphrase } from '../keystore/vectors.ts';
import { fakeIo, type Outcome } from './support.ts';

export interface KeyRig {
  readonly home: string;
  readonly trustDirectory: string;
  /** Runs one command line; environment variables hold the right passphrases unless the test says otherwise. */
  dct(argv: readonly string[], world?: KeyWorld): Promise<Outcome>;
  write(name: string, content: string | Uint8Array, mode?: number): Promise<void>;
  read(name: string): Promise<string>;
  /** Relative paths of all files below the trust directory, sorted. */
  files(): Promise<readonly string[]>;
}

export interface KeyWorld {
  readonly env?: Readonly<Record<string, string>>;
  readonly ask?: Io['ask'];
  readonly askSecret?: Io['askSecret'];
  readonly terminal?: boolean;
}

export const rightPassphrases = {
  DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: passphrase,
  DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: passphrase,
};

export async function keyRig(): Promise<KeyRig> {
  const home = await temporaryDirectory();
  const trustDirectory = join(home, '.docker/trust');
  return {
    home,
    trustDirectory,
    dct: async (argv, { env = rightPassphrases, ask, askSecret, terminal = false } = {}) => {
      const written = { stdout: '', stderr: '' };
      // No keychain of the machine that runs the tests.
      const nowhere = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' };
      const io = {
        ...fakeIo({ env: { ...nowhere, ...env }, terminal }, written),
        home,
        workingDirectory: home,
      };
      const code = await main(argv, { ...io, files: localFiles, ask, askSecret });
      return { code, ...written };
    },
    write: (name, content, mode = 0o600) => writeFile(join(home, name), content, { mode }),
    read: (name) => readFile(join(home, name), 'utf8'),
    files: async () => {
      const entries = await readdir(trustDirectory, { recursive: true, withFileTypes: true }).catch(() => []);
      const paths = entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name));
      return paths.map((path) => path.slice(trustDirectory.length + 1)).sort();
    },
  };
}

const localFiles: Io['files'] = {
  read: (path) => readFile(path).catch(() => undefined),
  list: () => Promise.resolve([]),
  access: async (path) => {
    const found = await stat(path).catch(() => undefined);
    return found?.isFile() === true ? { mode: found.mode & 0o777, mine: true } : undefined;
  },
};
