// What stands behind the proxy: a registry and a Notary server, embedded or real, each at the end of a faulty line.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeGun } from '../src/base/reference.ts';
import { startSandbox } from '../src/sandbox/index.ts';
import { createAuthority } from '../test/support/real/certificates.ts';
import { startDockerRegistry } from '../test/support/real/docker-registry.ts';
import { startNotaryServer } from '../test/support/real/notary-server.ts';
import { openFaultyLine, type Fault, type FaultyLine } from './faulty-line.ts';
import type { Random } from './random.ts';

/** A layer of an image, counted from 1, and the digest that it is served under. */
export interface LayerName {
  readonly repository: string;
  readonly tag: string;
  readonly layer: number;
  readonly digest: string;
}

export interface Servers {
  /** `localhost:PORT` of the faulty line, as it stands in GUNs. */
  readonly host: string;
  /** Straight to the registry, for pushing. */
  readonly registryUrl: string;
  /** PEM file for the Notary server. */
  readonly caFile: string;
  /** Straight to the Notary server, for signing. */
  readonly notaryPort: number;
  readonly registryLine: FaultyLine;
  readonly notaryLine: FaultyLine;
  /** Has the registry serve a layer with wrong bytes. */
  corrupt(layer: LayerName): Promise<void>;
  /** Ends what `corrupt` began. */
  restore(layer: LayerName): Promise<void>;
  close(): Promise<void>;
}

type Bare = Omit<Servers, 'host' | 'registryLine' | 'notaryLine'>;

/** @param real docker-registry and notary-server instead of the sandbox */
export async function startServers(directory: string, random: Random, real: boolean): Promise<Servers> {
  const hosts = { line: '' };
  const bare = real ? await startReal(directory) : await startEmbedded(directory, hosts);
  const registryLine = await openFaultyLine({
    targetPort: Number(new URL(bare.registryUrl).port),
    plan: () => registryFault(random),
    plainHttp: true,
  });
  const notaryLine = await openFaultyLine({
    targetPort: bare.notaryPort,
    plan: () => notaryFault(random),
    plainHttp: false,
  });
  hosts.line = `localhost:${registryLine.port}`;
  return {
    ...bare,
    host: hosts.line,
    registryLine,
    notaryLine,
    close: async () => {
      await Promise.all([registryLine.close(), notaryLine.close()]);
      await bare.close();
    },
  };
}

function registryFault(random: Random): Fault {
  const roll = random.next();
  // Heads, manifests and beginnings of layers are hit as often as what comes later.
  const after = random.whole(0, random.chance(0.5) ? 2_000 : 3_000_000);
  if (roll < 0.2) return { kind: 'reset', after };
  if (roll < 0.27) return { kind: 'stall', after, ms: random.whole(50, 2_000) };
  if (roll < 0.35) return { kind: 'unavailable' };
  return { kind: 'none' };
}

function notaryFault(random: Random): Fault {
  const roll = random.next();
  const after = random.whole(0, 20_000);
  if (roll < 0.1) return { kind: 'reset', after };
  if (roll < 0.2) return { kind: 'stall', after, ms: random.whole(50, 500) };
  return { kind: 'none' };
}

async function startEmbedded(directory: string, hosts: { readonly line: string }): Promise<Bare> {
  const sandbox = await startSandbox({
    clock: { now: () => Date.now() },
    notices: {
      debug: () => undefined,
      info: () => undefined,
      warn: (text) => void process.stderr.write(`${text}\n`),
    },
    directory: join(directory, 'sandbox'),
    registryPort: 0,
    notaryPort: 0,
  });
  return {
    registryUrl: `http://${sandbox.registry}`,
    caFile: sandbox.settings.caFile,
    notaryPort: Number(new URL(sandbox.notary).port),
    corrupt: async ({ repository, tag, layer }) => {
      await sandbox.attack({ attack: 'corrupt', repository, reference: tag, layer, how: 'flip-bit' });
    },
    restore: async ({ repository }) => {
      await sandbox.attack({ attack: 'restore', repository, gun: makeGun(hosts.line, repository) });
    },
    close: () => sandbox.close(),
  };
}

async function startReal(directory: string): Promise<Bare> {
  const authority = await createAuthority(join(directory, 'authority'));
  const [registry, notary] = await Promise.all([
    startDockerRegistry(join(directory, 'registry')),
    startNotaryServer(directory, authority),
  ]);
  const flip = async ({ digest }: LayerName): Promise<void> => {
    const file = registry.blobFile(digest);
    const bytes = await readFile(file);
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    await writeFile(file, bytes);
  };
  return {
    registryUrl: registry.url,
    caFile: authority.caFile,
    notaryPort: notary.port,
    corrupt: flip,
    restore: flip,
    close: async () => {
      await Promise.all([registry.stop(), notary.stop()]);
    },
  };
}
