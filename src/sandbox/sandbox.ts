// A trust server and a registry in this process, on loopback, with all that clients need to talk to them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDctError } from '../base/errors.ts';
import type { Clock, Files, Notices } from '../base/ports.ts';
import { openDirectory } from '../disk/files.ts';
import { carryOut } from './attack.ts';
import type { AttackOrder } from './attack-order.ts';
import { serverIdentity } from './certificates.ts';
import { withControl } from './control.ts';
import { holdDirectory } from './hold.ts';
import { writeClientSettings, type ClientSettings } from './home.ts';
import { listen, type ListenOptions, type Listening } from './http/listen.ts';
import type { SandboxHandler } from './http/handler.ts';
import { createNotaryServer } from './notary/server.ts';
import { createRegistryServer } from './registry/server.ts';
import { directoryBlobs } from './storage/directory-blobs.ts';
import { memoryBlobs } from './storage/memory-blobs.ts';
import { memoryFiles } from './storage/memory-files.ts';

export interface SandboxOptions {
  readonly clock: Clock;
  readonly notices: Notices;
  /** Keeps everything below this absolute path; without it everything is in memory, and settings in a temporary directory. */
  readonly directory?: string;
  /** 0 picks a free one. */
  readonly registryPort: number;
  readonly notaryPort: number;
  /** How long a timestamp is valid: 14 days when left out. A short one shows what expiry is for. */
  readonly timestampLifetimeMs?: number;
  /** Told of every request to the registry: the access log. */
  readonly onRegistryRequest?: (method: string, target: string) => void;
}

export interface RunningSandbox {
  /** `localhost:PORT`, as it stands in image names. */
  readonly registry: string;
  /** `https://localhost:PORT`. */
  readonly notary: string;
  readonly settings: ClientSettings;
  /** Mounts an attack, as `orderAttack` does from another process. */
  readonly attack: (order: AttackOrder) => Promise<readonly string[]>;
  /** Frees the ports; a sandbox without a directory leaves nothing. */
  readonly close: () => Promise<void>;
}

/** @throws LISTEN_FAILED when a port is taken; DISK */
export async function startSandbox(options: SandboxOptions): Promise<RunningSandbox> {
  const { clock, directory, timestampLifetimeMs } = options;
  const own = directory ?? (await mkdtemp(join(tmpdir(), 'dct-sandbox-')));
  const undo: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of undo.reverse()) await step();
  };
  try {
    undo.push(
      directory === undefined
        ? () => rm(own, { recursive: true, force: true })
        : await holdDirectory(directory),
    );
    const storage = await openStorage(directory);
    const registryServer = createRegistryServer({ files: storage.registry, blobs: storage.blobs });
    const notaryServer = createNotaryServer({
      files: storage.notary,
      clock,
      ...(timestampLifetimeMs !== undefined && { timestampLifetimeMs }),
    });
    const attack = (order: AttackOrder): Promise<readonly string[]> =>
      carryOut(order, { registry: registryServer.attacks, notary: notaryServer.attacks });
    const { ca, cert, key } = await serverIdentity(storage.tls, clock.now());

    const open = async (
      name: string,
      handler: SandboxHandler,
      port: number,
      tls?: ListenOptions['tls'],
    ): Promise<Listening> => {
      const listening = await listen(handler, {
        host: '127.0.0.1',
        port,
        option: name === 'registry' ? '--registry-port' : '--notary-port',
        ...(tls && { tls }),
        onFailure: (error) => options.notices.warn(`the sandbox's ${name} failed: ${describe(error)}`),
      });
      undo.push(() => listening.close());
      return listening;
    };
    const handleRegistry: SandboxHandler = (request) => {
      options.onRegistryRequest?.(request.method, request.target);
      return registryServer.handle(request);
    };
    const registry = await open('registry', withControl(handleRegistry, attack), options.registryPort);
    const notary = await open('trust server', notaryServer.handle, options.notaryPort, { cert, key });
    const addresses = {
      registry: `localhost:${registry.port}`,
      notary: `https://localhost:${notary.port}`,
    };
    const settings = await writeClientSettings(openDirectory(own), ca, addresses);
    return { ...addresses, settings, attack, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Storage {
  readonly registry: Files;
  readonly blobs: Awaited<ReturnType<typeof directoryBlobs>>;
  readonly notary: Files;
  readonly tls: Files;
}

async function openStorage(directory: string | undefined): Promise<Storage> {
  if (directory === undefined)
    return { registry: memoryFiles(), blobs: memoryBlobs(), notary: memoryFiles(), tls: memoryFiles() };
  const below = (name: string): Files => openDirectory(join(directory, name));
  return {
    registry: below('registry'),
    blobs: await directoryBlobs(join(directory, 'blobs')),
    notary: below('notary'),
    tls: below('tls'),
  };
}

function describe(error: unknown): string {
  return isDctError(error)
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
}
