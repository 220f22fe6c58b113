// The real doors, wired to the settings: loaded when a command asks for them, and built once.
import { join } from 'node:path';
import { openDirectory } from '../disk/files.ts';
import { withLock } from '../disk/lock.ts';
import { createAuthenticator } from '../http/authenticate.ts';
import { loadCredentials } from '../http/docker-config.ts';
import type { RealmPairs } from '../http/realm.ts';
import { createTransport, type ClosableTransport, type TransportOptions } from '../http/transport.ts';
import type { PassphraseSource } from '../keystore/index.ts';
import { createRegistry } from '../registry/index.ts';
import { asKeyId, createNotaryStore, createTrustClient, parseServerUrl } from '../tuf-client/index.ts';
import type { NotaryStore, Pin } from '../tuf-client/index.ts';
import { splitGun } from '../base/reference.ts';
import { announcing } from './first-contact.ts';
import type { Io } from './io.ts';
import type { FirstUse, OpenServices, Services } from './services.ts';
import type { RegistrySettings, Settings } from './settings.ts';
import { readPem, readTlsMaterial } from './tls-material.ts';

/** Opens nothing by itself: every door is opened by the first command that goes through it. */
export const openServices: OpenServices = ({ io, settings, notices }) => {
  const { dockerDirectory } = settings;
  const { clock, env } = io;
  const trustDirectory = join(dockerDirectory, 'trust');
  const files = openDirectory(trustDirectory);
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

  const trustClient = async (host: string, firstUse: FirstUse) => {
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

  const keyStore = once(async () => {
    const { openKeyStore } = await import('../keystore/index.ts');
    return openKeyStore({ files, openDirectory, passphrases: await passphrases(io) });
  });

  const services: Services = {
    trust: trustClient,
    registry,
    keyStore: () => keyStore('local'),
    prepareSign: async (request) => {
      const { registry: host } = splitGun(request.gun);
      const { prepareSign } = await import('../tuf-client/author/index.ts');
      const [trust, notary, keys] = await Promise.all([
        trustClient(host, 'accept'),
        store(host),
        keyStore('local'),
      ]);
      return prepareSign({ trust, store: notary, keys, clock, notices }, request);
    },
    startProxy: async (options) => {
      const { startProxy } = await import('../proxy/index.ts');
      return startProxy({ ...options, clock, notices });
    },
    close: async () => {
      await Promise.all(transports.map((open) => open.close()));
    },
  };
  return Promise.resolve(services);
};

/** The first hit wins: environment, OS keychain, terminal (contract: command line). */
async function passphrases({ env, askSecret }: Pick<Io, 'env' | 'askSecret'>): Promise<PassphraseSource> {
  const { environmentPassphrases, firstOf, keychainPassphrases, promptPassphrases } =
    await import('../keystore/index.ts');
  return firstOf(environmentPassphrases(env), keychainPassphrases(), promptPassphrases(askSecret));
}

/** Builds at most one thing for each name. */
function once<T>(build: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const built = new Map<string, Promise<T>>();
  return (name) => {
    const known = built.get(name) ?? build(name);
    built.set(name, known);
    return known;
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
