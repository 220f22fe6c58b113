// The doors to servers, wired to the settings: trust clients, registries, and what they log in with.
import { join } from 'node:path';
import type { Files, Notices, Transport } from '../base/ports.ts';
import { withLock } from '../disk/lock.ts';
import { createAuthenticator } from '../http/authenticate.ts';
import { loadCredentials } from '../http/docker-config.ts';
import type { RealmPairs } from '../http/realm.ts';
import { createTransport, type ClosableTransport, type TransportOptions } from '../http/transport.ts';
import { createRegistry, type Registry } from '../registry/index.ts';
import { asKeyId, createNotaryStore, createTrustClient, parseServerUrl } from '../tuf-client/index.ts';
import type { AuthoringTrustClient, NotaryStore, Pin } from '../tuf-client/index.ts';
import { announcing } from './first-contact.ts';
import type { Io } from './io.ts';
import { once } from './once.ts';
import type { FirstUse } from './services.ts';
import type { RegistrySettings, Settings } from './settings.ts';
import { readPem, readTlsMaterial } from './tls-material.ts';

export interface Network {
  store(host: string): Promise<NotaryStore>;
  trust(host: string, firstUse: FirstUse): Promise<AuthoringTrustClient>;
  registry(host: string): Promise<Registry>;
  /** To servers that are neither, without any authority of their own. */
  readonly transport: Transport;
  /** Gives connections up. */
  close(): Promise<void>;
}

export interface NetworkOptions {
  readonly io: Pick<Io, 'clock' | 'env' | 'files'>;
  readonly settings: Settings;
  readonly notices: Notices;
  /** Of the trust directory. */
  readonly files: Files;
  /** Its absolute path. */
  readonly trustDirectory: string;
}

/** Connects to nobody by itself. Apart from the key store, because HTTP takes longer to load than most commands to run. */
export function openNetwork({ io, settings, notices, files, trustDirectory }: NetworkOptions): Network {
  const { dockerDirectory } = settings;
  const { clock, env } = io;
  const credentials = loadCredentials({ dir: dockerDirectory, env });
  const transports: ClosableTransport[] = [];

  const transport = (options: TransportOptions): ClosableTransport => {
    const created = createTransport({ ...options, env });
    transports.push(created);
    return created;
  };

  const store = once(async (host: string): Promise<NotaryStore> => {
    const { notary, notaryCa, realm } = settings.registry(host);
    const server = parseServerUrl(notary);
    const material = await readTlsMaterial(io.files, dockerDirectory, server, notaryCa);
    const authenticator = createAuthenticator({
      transport: transport(tlsOptions(material)),
      credentials: () => credentials(accountOf(server)),
      clock,
      realms: pairs(server.host, realm),
    });
    return createNotaryStore({ server, transport: (scope) => authenticator.scoped(scope) });
  });

  const trust = async (host: string, firstUse: FirstUse): Promise<AuthoringTrustClient> => {
    const client = createTrustClient({
      store: await store(host),
      files,
      clock,
      notices,
      pins: pins(settings),
      firstUse,
      exclusively: (name, action) => withLock(join(trustDirectory, name, '_lock'), action),
    });
    return announcing(client, notices);
  };

  const registry = once(async (host: string) => {
    const { ca, plainHttp, realm } = settings.registry(host);
    return createRegistry({
      host,
      transport: transport(ca === undefined ? {} : { ca: await readPem(io.files, ca) }),
      credentials,
      clock,
      insecureRegistries: plainHttp ? [host] : [],
      realms: pairs(host, realm),
    });
  });

  let plain: Transport | undefined;

  return {
    store,
    trust,
    registry,
    transport: (request) => (plain ??= transport({}))(request),
    close: async () => {
      await Promise.all(transports.map((open) => open.close()));
    },
  };
}

/** The Notary server's own account, never the registry's; only Docker Hub's two servers share theirs. */
function accountOf(server: URL): string {
  return server.host === 'notary.docker.io' ? 'docker.io' : server.host;
}

function pairs(server: string, realm: RegistrySettings['realm']): RealmPairs {
  return realm === undefined ? [] : [{ server, realm }];
}

function pins({ config }: Settings): readonly Pin[] {
  return [...config.pins].map(([pattern, ids]) => ({
    pattern,
    keys: ids.map(asKeyId).filter((id) => id !== undefined),
  }));
}

function tlsOptions({ ca, client }: Awaited<ReturnType<typeof readTlsMaterial>>): TransportOptions {
  return {
    ...(ca.length > 0 && { ca: ca.join('\n') }),
    ...(client && { clientCert: client.certificate, clientKey: client.key }),
  };
}
