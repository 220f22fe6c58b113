// The real doors, wired to the settings: loaded when a command goes through them, and built once.
import { join } from 'node:path';
import { isDctError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { splitGun, type Gun } from '../base/reference.ts';
import { openDirectory } from '../disk/files.ts';
import { leftoversBelow } from '../disk/leftovers.ts';
import { withLock } from '../disk/lock.ts';
import type { HashThreads } from '../hashing/index.ts';
import type { KeyKeeper, KeyKeeperOptions, KeyStore } from '../keystore/index.ts';
import type { Author, BundleRequest } from '../tuf-client/author/index.ts';
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

  let threads: HashThreads | undefined;

  let connected: Promise<Network> | undefined;
  const network = (): Promise<Network> =>
    (connected ??= import('./open-network.ts').then(({ openNetwork }) =>
      openNetwork({ io, settings, notices, files, trustDirectory, beginHash: threads?.begin }),
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
    const access: KeyKeeperOptions['access'] = (path) => io.files.access(path);
    const leftovers = (): Promise<readonly string[]> => leftoversBelow(trustDirectory);
    return openKeyKeeper({ files, openDirectory, ...sources, exclusively, access, leftovers });
  };

  const author = async (gun: Gun): Promise<Author & { readonly keys: KeyStore }> => {
    const { registry: host } = splitGun(gun);
    const doors = await network();
    const [trust, store, keys] = await Promise.all([
      doors.trust(host, 'accept'),
      doors.store(gun),
      keyStore(),
    ]);
    const inTurn: Author['inTurn'] = (name, work) =>
      withLock(join(trustDirectory, 'dct', name, '_publish.lock'), work, { waitMs: limits.publishWaitMs });
    return { trust, store, keys, clock, notices, pause: shortPause, inTurn };
  };

  let newRoot: ReturnType<KeyStore['create']> | undefined;
  /** A rotation is about a key that was not there before. One new root key serves all repositories of a command. */
  const keysFor = ({ change }: BundleRequest, keys: KeyStore): KeyStore =>
    change.kind !== 'rotate-key'
      ? sharing(keys)
      : change.role !== 'root'
        ? keys
        : { ...keys, create: (role) => (newRoot ??= keys.create(role)) };

  const services: Services = {
    trust: async (host, firstUse) => (await network()).trust(host, firstUse),
    registry: async (host) => (await network()).registry(host),
    hashOnThreads: async (count) => {
      if (count === 0) return;
      const { openHashThreads } = await import('../hashing/index.ts');
      threads = openHashThreads({ count, notices });
    },
    keyStore,
    keyKeeper: openKeeper,
    prepareSign: async (request) => {
      const { prepareSign } = await import('../tuf-client/author/index.ts');
      const { keys, ...servers } = await author(request.gun);
      return prepareSign({ ...servers, keys: sharing(keys) }, request);
    },
    prepareChange: async (request) => {
      const { prepareChange } = await import('../tuf-client/author/index.ts');
      const { keys, ...servers } = await author(request.gun);
      return prepareChange({ ...servers, keys: keysFor(request, keys) }, request);
    },
    prepareBundle: async (request) => {
      const { prepareBundle } = await import('../tuf-client/author/index.ts');
      const { keys, ...servers } = await author(request.gun);
      return prepareBundle({ ...servers, keys: keysFor(request, keys) }, request);
    },
    openBundle: async (copies) => {
      const { mergeBundles, openBundle, readBundle } = await import('../tuf-client/author/index.ts');
      const bundle = mergeBundles(copies.map((bytes) => readBundle(bytes)));
      return openBundle(await author(bundle.gun), bundle);
    },
    blobCache: async (choice) => {
      const { openBlobCache } = await import('../blob-cache/index.ts');
      return openBlobCache({ ...choice, clock, notices }).catch((error: unknown) => {
        if (!isDctError(error, 'DISK')) throw error;
        notices.warn(`${error.message}; nothing is kept on disk`);
        return undefined;
      });
    },
    startProxy: async (options) => {
      const { startProxy } = await import('../proxy/index.ts');
      return startProxy({ ...options, clock, notices });
    },
    startSandbox: async (options) => {
      const { startSandbox } = await import('../sandbox/index.ts');
      return startSandbox({ ...options, clock, notices });
    },
    transport: async () => (await network()).transport,
    close: async () => {
      await (await connected)?.close();
      await threads?.close();
    },
  };
  return Promise.resolve(services);
};

/** A key that another process makes in the same moment is used, not made twice (KS-08). */
function sharing(keys: KeyStore): KeyStore {
  return { ...keys, create: (role, gun) => keys.obtain(role, gun) };
}

/** Up to a fifth of a second more each time, at most two seconds, at random: many who publish at once get out of step. */
function shortPause(attempt: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(attempt, 10) * 200));
}
