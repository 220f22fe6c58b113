// Pin commands in this process, over a home directory on the disk and a trust server in memory.
import { createPublicKey } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { localFiles } from '../../src/cli/local-files.ts';
import { main } from '../../src/cli/main.ts';
import type { Io } from '../../src/cli/io.ts';
import { pinsInForce } from '../../src/cli/pins.ts';
import type { OpenServices, Services } from '../../src/cli/services.ts';
import { openDirectory } from '../../src/disk/files.ts';
import { createTrustClient } from '../../src/tuf-client/index.ts';
import { temporaryDirectory } from '../disk/support.ts';
import { NotarySimulator } from '../support/notary-simulator.ts';
import { fakeIo, type Outcome } from './support.ts';

export interface PinRig {
  readonly home: string;
  readonly configFile: string;
  readonly server: NotarySimulator;
  dct(argv: readonly string[], world?: { readonly ask?: Io['ask'] }): Promise<Outcome>;
  /** Writes a file below the home directory. */
  write(name: string, content: string): Promise<void>;
  configure(config: object | string): Promise<void>;
  /** The configuration as it stands; undefined when there is none. */
  configured(): Promise<unknown>;
}

export async function pinRig(): Promise<PinRig> {
  const home = await temporaryDirectory();
  const server = new NotarySimulator();
  const configFile = join(home, '.config/dct/config.json');
  const open: OpenServices = ({ io, settings, notices }) => {
    const trust: Services['trust'] = async (_host, firstUse) => {
      const inForce = await pinsInForce(io, settings);
      return createTrustClient({
        store: server,
        files: openDirectory(join(settings.dockerDirectory, 'trust')),
        clock: io.clock,
        notices,
        pins: inForce.pins,
        firstUse: inForce.firstUse ? firstUse : 'refuse',
        exclusively: (_name, action) => action(),
      });
    };
    // Pin commands go through no other door.
    return Promise.resolve({ trust, close: () => Promise.resolve() } as Partial<Services> as Services);
  };
  const write = async (name: string, content: string): Promise<void> => {
    const path = join(home, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  };
  return {
    home,
    configFile,
    server,
    dct: async (argv, { ask } = {}) => {
      const written = { stdout: '', stderr: '' };
      const io = { ...fakeIo({}, written), home, workingDirectory: home, files: localFiles, ask };
      const code = await main(argv, { ...io, clock: server.clock }, open);
      return { code, ...written };
    },
    write,
    configure: (config) =>
      write('.config/dct/config.json', typeof config === 'string' ? config : JSON.stringify(config)),
    configured: async () => {
      const text = await readFile(configFile, 'utf8').catch(() => undefined);
      return text === undefined ? undefined : (JSON.parse(text) as unknown);
    },
  };
}

/** The public half of a PEM private key. */
export function publicPem(pkcs8: string | Buffer): string {
  return createPublicKey(pkcs8).export({ type: 'spki', format: 'pem' }).toString();
}
