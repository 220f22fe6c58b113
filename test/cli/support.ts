// A world for `main` that exists only in memory.
import { utf8 } from '../../src/base/bytes.ts';
import type { Io } from '../../src/cli/io.ts';
import { main } from '../../src/cli/main.ts';
import type { Gun } from '../../src/base/reference.ts';
import type { TrustedRepository } from '../../src/tuf-client/types.ts';
import type { OpenServices, Services } from '../../src/cli/services.ts';

export interface World {
  readonly env?: Readonly<Record<string, string>>;
  /** Absolute path to content. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly terminal?: boolean;
  readonly interrupted?: AbortSignal;
  readonly onHangup?: Io['onHangup'];
  /** Milliseconds since the epoch; `now` when left out. */
  readonly time?: number;
  /** Answers questions at the terminal. */
  readonly ask?: (prompt: string) => Promise<string | undefined>;
  readonly services?: Partial<Services>;
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const now = Date.UTC(2030, 0, 2, 3, 4, 5);

/** Runs one command line. Doors that the test did not give must not be used. */
export async function run(argv: readonly string[], world: World = {}): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  const code = await main(argv, fakeIo(world, written), openOnly(world.services));
  return { code, ...written };
}

export function fakeIo(world: World, written = { stdout: '', stderr: '' }): Io {
  const { env = {}, files = {}, terminal = false } = world;
  return {
    env,
    home: '/home/user',
    workingDirectory: '/project',
    stdout: { isTerminal: terminal, write: (text) => void (written.stdout += text) },
    stderr: { isTerminal: terminal, write: (text) => void (written.stderr += text) },
    clock: { now: () => world.time ?? now },
    files: {
      read: (path) => {
        const content = files[path];
        return Promise.resolve(typeof content === 'string' ? utf8(content) : content);
      },
      list: (path) => {
        const below = Object.keys(files).filter((name) => name.startsWith(`${path}/`));
        const names = below.map((name) => name.slice(path.length + 1)).filter((name) => !name.includes('/'));
        return Promise.resolve(names.sort());
      },
      access: () => Promise.resolve(undefined),
    },
    descriptors: () => undefined,
    interrupted: world.interrupted ?? new AbortController().signal,
    onHangup: world.onHangup ?? (() => undefined),
    askSecret: undefined,
    ask: world.ask,
  };
}

function openOnly(given: Partial<Services> | undefined): OpenServices {
  const closed = (name: string) => (): never => {
    throw new Error(`the test does not expect the door "${name}" to be used`);
  };
  return () => {
    if (given === undefined) throw new Error('the test does not expect any door to be opened');
    return Promise.resolve({
      trust: closed('trust'),
      registry: closed('registry'),
      hashOnThreads: closed('hashOnThreads'),
      keyStore: closed('keyStore'),
      keyKeeper: closed('keyKeeper'),
      prepareSign: closed('prepareSign'),
      prepareChange: closed('prepareChange'),
      prepareBundle: closed('prepareBundle'),
      openBundle: closed('openBundle'),
      blobCache: closed('blobCache'),
      startProxy: closed('startProxy'),
      startSandbox: closed('startSandbox'),
      transport: closed('transport'),
      close: () => Promise.resolve(),
      ...given,
    });
  };
}

/** A trust door that answers for every registry; the command line itself accepts first contacts. */
export function trustDoor(update: (gun: Gun) => Promise<TrustedRepository>): Services['trust'] {
  return (_host, firstUse) => {
    if (firstUse !== 'accept') throw new Error('the command line trusts on first use');
    return Promise.resolve({ update });
  };
}

/** The error object of a `--json` run that failed with nothing else on stderr. */
export function errorOf({ stderr }: Outcome): {
  code: string;
  message: string;
  next: string;
  facts: Record<string, unknown>;
} {
  return (JSON.parse(stderr) as { error: ReturnType<typeof errorOf> }).error;
}
