// The doors to servers, wired to the settings: trust clients, registries, and what they log in with.
import { join } from 'node:path';
import type { Files, Notices, Transport } from '../base/ports.ts';
import type { Gun } from '../base/reference.ts';
import { withLock } from '../disk/lock.ts';
import { loadCredentials } from '../http/docker-config.ts';
import { registryAddresses } from '../http/origin.ts';
import type { BeginHash } from '../hashing/index.ts';
import { createTransport, type ClosableTransport, type TransportOptions } from '../http/transport.ts';
import { createRegistry, type Registry } from '../registry/index.ts';
import { createTrustClient, type AuthoringTrustClient, type NotaryStore } from '../tuf-client/index.ts';
import { announcing } from './first-contact.ts';
import { identifiedTransport } from './identified-transport.ts';
import type { Io } from './io.ts';
import { once } from './once.ts';
import { openNotaryDoor } from './open-notary.ts';
import { pinsInForce, type PinsInForce } from './pins.ts';
import type { FirstUse } from './services.ts';
import type { Settings } from './settings.ts';
import { readTlsMaterial, registryDirectories } from './tls-material.ts';

export interface Network {
  /** The Notary server that vouches for this repository. */
  store(gun: Gun): Promise<NotaryStore>;
  /** The client for collections of this registry, whichever of its Notary servers they are on. */
  trust(host: string, firstUse: FirstUse): Promise<AuthoringTrustClient>;
  registry(host: string): Promise<Registry>;
  /** To servers that are neither, without any authority of their own. */
  readonly transport: Transport;
  /** Gives connections up. */
  close(): Promise<void>;
}

export interface NetworkOptions {
  readonly io: Pick<Io, 'clock' | 'env' | 'files' | 'home'>;
  readonly settings: Settings;
  readonly notices: Notices;
  /** Of the trust directory. */
  readonly files: Files;
  /** Its absolute path. */
  readonly trustDirectory: string;
  /** How blobs are hashed. */
  readonly beginHash: BeginHash | undefined;
}

/** Connects to nobody by itself. Apart from the key store, because HTTP takes longer to load than most commands to run. */
export function openNetwork({
  io,
  settings,
  notices,
  files,
  trustDirectory,
  beginHash,
}: NetworkOptions): Network {
  const { clock, env } = io;
  const credentials = loadCredentials({ dir: settings.dockerDirectory, env });
  const transports: ClosableTransport[] = [];

  const transport = (options: TransportOptions): ClosableTransport => {
    const created = createTransport({ ...options, env, shares: beginHash !== undefined });
    transports.push(created);
    return created;
  };

  const notary = openNotaryDoor({ io, settings, notices, credentials, transport });

  let read: Promise<PinsInForce> | undefined;

  const trust = async (host: string, firstUse: FirstUse): Promise<AuthoringTrustClient> => {
    const inForce = await (read ??= pinsInForce(io, settings));
    await notary.prepare(host);
    const client = createTrustClient({
      store: { download: async (gun, ...what) => (await notary.store(gun)).download(gun, ...what) },
      files,
      clock,
      notices,
      pins: inForce.pins,
      firstUse: inForce.firstUse ? firstUse : 'refuse',
      exclusively: (name, action) => withLock(join(trustDirectory, name, '_lock'), action),
    });
    return announcing(client, notices);
  };

  const registry = once(async (host: string) => {
    const { plainHttp, realm, callers, ...named } = settings.registry(host);
    const directories = registryDirectories(io, settings.dockerDirectory, host);
    const material = await readTlsMaterial({ files: io.files, notices }, directories, named);
    const known = registryAddresses(host).map((address) => address.host);
    return createRegistry({
      host,
      callers,
      transport: identifiedTransport(transport, [...known, realm], material),
      credentials,
      clock,
      insecureRegistries: plainHttp ? [host] : [],
      realms: realm === undefined ? [] : [{ server: host, realm }],
      ...(beginHash && { beginHash }),
    });
  });

  let plain: Transport | undefined;

  return {
    store: (gun) => notary.store(gun),
    trust,
    registry,
    transport: (request) => (plain ??= transport({}))(request),
    close: async () => {
      await Promise.all(transports.map((open) => open.close()));
    },
  };
}
