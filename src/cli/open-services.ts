// The real doors, wired to the settings: loaded when a command goes through them, and built once.
import { join } from 'node:path';
import { splitGun } from '../base/reference.ts';
import { openDirectory } from '../disk/files.ts';
import { withLock } from '../disk/lock.ts';
import type { KeyKeeper, KeyStore } from '../keystore/index.ts';
import type { Network } from './open-network.ts';
import { passphraseSources, type PassphraseChoices } from './passphrase-sources.ts';
import type { OpenServices, Services } from './services.ts';

/** Opens nothing by itself: every door is opened by the first command that goes through it. */
export const openServices: OpenServices = ({ io, settings, notices }) => {
  const trustDirectory = join(settings.dockerDirectory, 'trust');
  const files = openDirectory(trustDirectory);
  const { clock } = io;
  const exclusively = <T>(work: () => Promise<T>): Promise<T> =>
    withLock(join(trustDirectory, 'dct/_keys.lock'), work);

  let connected: Promise<Network> | undefined;
  const network = (): Promise<Network> =>
    (connected ??= import('./open-network.ts').then(({ openNetwork }) =>
      openNetwork({ io, settings, notices, files, trustDirectory }),
    ));

  let opened: Promise<KeyStore> | undefined;
  const keyStore = (): Promise<KeyStore> => (opened ??= openKeys());
  const openKeys = async (): Promise<KeyStore> => {
    const { openKeyStore } = await import('../keystore/index.ts');
    const { passphrases } = await passphraseSources(io, settings.passphrases, notices);
    return openKeyStore({ files, openDirectory, passphrases, exclusively });
  };
  const openKeeper = async (choices?: PassphraseChoices): Promise<KeyKeeper> => {
    const { openKeyKeeper } = await import('../keystore/index.ts');
    const sources = await passphraseSources(io, settings.passphrases, notices, choices);
    const { access } = io.files;
    return openKeyKeeper({ files, openDirectory, ...sources, exclusively, access });
  };

  const services: Services = {
    trust: async (host, firstUse) => (await network()).trust(host, firstUse),
    registry: async (host) => (await network()).registry(host),
    keyStore,
    keyKeeper: openKeeper,
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
      // A key that another process makes in the same moment is used, not made twice (KS-08).
      const shared = { ...keys, create: keys.obtain };
      return prepareSign({ trust, store, keys: shared, clock, notices }, request);
    },
    startProxy: async (options) => {
      const { startProxy } = await import('../proxy/index.ts');
      return startProxy({ ...options, clock, notices });
    },
    startSandbox: async (options) => {
      const { startSandbox } = await import('../sandbox/index.ts');
      return startSandbox({ ...options, clock, notices });
    },
    orderAttack: async (host, order) => {
      const [{ orderAttack }, { transport }] = await Promise.all([import('../sandbox/index.ts'), network()]);
      return orderAttack(transport, host, order);
    },
    close: async () => {
      await (await connected)?.close();
    },
  };
  return Promise.resolve(services);
};
