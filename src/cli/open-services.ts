// The real doors, wired to the settings: loaded when a command goes through them, and built once.
import { join } from 'node:path';
import { splitGun } from '../base/reference.ts';
import { openDirectory } from '../disk/files.ts';
import type { KeyStore, PassphraseSource } from '../keystore/index.ts';
import type { Io } from './io.ts';
import type { Network } from './open-network.ts';
import type { OpenServices, Services } from './services.ts';

/** Opens nothing by itself: every door is opened by the first command that goes through it. */
export const openServices: OpenServices = ({ io, settings, notices }) => {
  const trustDirectory = join(settings.dockerDirectory, 'trust');
  const files = openDirectory(trustDirectory);
  const { clock } = io;

  let connected: Promise<Network> | undefined;
  const network = (): Promise<Network> =>
    (connected ??= import('./open-network.ts').then(({ openNetwork }) =>
      openNetwork({ io, settings, notices, files, trustDirectory }),
    ));

  let opened: Promise<KeyStore> | undefined;
  const keyStore = (): Promise<KeyStore> => (opened ??= openKeys());
  const openKeys = async (): Promise<KeyStore> => {
    const { openKeyStore } = await import('../keystore/index.ts');
    return openKeyStore({ files, openDirectory, passphrases: await passphrases(io) });
  };

  const services: Services = {
    trust: async (host, firstUse) => (await network()).trust(host, firstUse),
    registry: async (host) => (await network()).registry(host),
    keyStore,
    prepareSign: async (request) => {
      const { registry: host } = splitGun(request.gun);
      const [{ prepareSign }, doors] = await Promise.all([
        import('../tuf-client/author/index.ts'),
        network(),
      ]);
      const [trust, store, keys] = await Promise.all([
        doors.trust(host, 'accept'),
        doors.store(host),
        keyStore(),
      ]);
      return prepareSign({ trust, store, keys, clock, notices }, request);
    },
    startProxy: async (options) => {
      const { startProxy } = await import('../proxy/index.ts');
      return startProxy({ ...options, clock, notices });
    },
    close: async () => {
      await (await connected)?.close();
    },
  };
  return Promise.resolve(services);
};

/** The first hit wins: environment, OS keychain, terminal. */
async function passphrases({ env, askSecret }: Pick<Io, 'env' | 'askSecret'>): Promise<PassphraseSource> {
  const { environmentPassphrases, firstOf, keychainPassphrases, promptPassphrases } =
    await import('../keystore/index.ts');
  return firstOf(environmentPassphrases(env), keychainPassphrases(), promptPassphrases(askSecret));
}
