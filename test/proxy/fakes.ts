// In-process stand-ins for trust data, a registry and a running proxy.
import { createHash } from 'node:crypto';
import { afterEach } from 'vitest';
import { digestOf, type Digest } from '../../src/base/digest.ts';
import { DctError } from '../../src/base/errors.ts';
import { instantAt } from '../../src/base/instant.ts';
import type { Gun, Tag } from '../../src/base/reference.ts';
import {
  startProxy,
  type Decision,
  type ProxyServerOptions,
  type RunningProxy,
  type TrustSource,
} from '../../src/proxy/index.ts';
import type { Blob, Manifest, Referrer, Registry } from '../../src/registry/index.ts';
import { roleNames, type TrustedRepository } from '../../src/tuf-client/index.ts';
import { expectDiscreet, expectReasons, watchHeld, type HeldWatch } from '../attacks/invariants.ts';

export const host = 'registry.test:5000';
export const otherHost = 'mirror.test';
export const start = Date.UTC(2026, 0, 1);
export const gunOf = (repository: string, registry = host): Gun => `${registry}/${repository}` as Gun;

/** The signed entry of a tag: length and raw hashes. */
export interface Entry {
  readonly length: number;
  readonly hashes: ReadonlyMap<string, Uint8Array>;
}

export function entryOf(bytes: Uint8Array, algorithms: readonly string[] = ['sha256']): Entry {
  const hashes = algorithms.map((name) => [name, createHash(name).update(bytes).digest()] as const);
  return { length: bytes.byteLength, hashes: new Map(hashes) };
}

export interface SignedState {
  /** In the top-level targets role. */
  readonly targets?: Readonly<Record<string, Entry>>;
  /** In targets/releases; there is no such role without it. */
  readonly releases?: Readonly<Record<string, Entry>>;
  /** By name, each in `targets/NAME`. */
  readonly signers?: Readonly<Record<string, Readonly<Record<string, Entry>>>>;
  readonly timestampExpires?: number;
  /** `cache`: the trust server could not be reached. */
  readonly origin?: TrustedRepository['origin'];
  /** When it last could. */
  readonly confirmedAt?: number;
  /** The size of the timestamp, in place of real metadata. */
  readonly bytes?: number;
}

/** Verified trust data that says so. Only what the proxy reads is filled in. */
export function trusted(gun: Gun, state: SignedState): TrustedRepository {
  const expires = instantAt(start + 1e10);
  const file = (fields: object, byteLength = 0): unknown => ({
    bytes: { byteLength },
    data: { version: 1, expires, ...fields },
    signedBy: ['key'],
  });
  const role = (entries: Readonly<Record<string, Entry>>, delegations: object[] = []): unknown =>
    file({ targets: new Map(Object.entries(entries)), delegationKeys: new Map(), delegations });
  const below = [
    ...(state.releases === undefined ? [] : [[roleNames.releases as string, state.releases] as const]),
    ...Object.entries(state.signers ?? {}).map(([name, entries]) => [`targets/${name}`, entries] as const),
  ];
  const declared = below.map(([name]) => ({ name, keyIds: [], threshold: 1, paths: [''] }));
  const { origin = 'server', confirmedAt = origin === 'server' ? start : undefined } = state;
  const repository: unknown = {
    gun,
    root: file({}),
    timestamp: file({ expires: instantAt(state.timestampExpires ?? start + 1e9) }, state.bytes),
    snapshot: file({}),
    targets: role(state.targets ?? {}, declared),
    delegations: new Map(below.map(([name, entries]) => [name, role(entries)])),
    unusable: new Map(),
    origin,
    outage: undefined,
    confirmedAt,
    trustedSince: { at: start, how: 'pin', rootKeys: [] },
    firstContact: false,
  };
  return repository as TrustedRepository;
}

/** A trust client whose answers are set by hand: a state, or an error to throw. */
export class FakeTrust implements TrustSource {
  readonly updates: Gun[] = [];
  readonly answers = new Map<string, SignedState | Error>();
  /** Updates wait for this. */
  gate: Promise<unknown> = Promise.resolve();

  async update(gun: Gun): Promise<TrustedRepository> {
    this.updates.push(gun);
    await this.gate;
    const answer = this.answers.get(gun) ?? new DctError('NO_TRUST_DATA', { gun });
    if (answer instanceof Error) throw answer;
    return trusted(gun, answer);
  }
}

/** A registry whose content is set by hand, and which keeps a list of everything it was asked. */
export class FakeRegistry implements Registry {
  readonly host: string;
  readonly requests: string[] = [];
  readonly manifests = new Map<string, Manifest | Error>();
  readonly blobs = new Map<string, () => Blob>();
  readonly sizes = new Map<string, number | undefined>();
  readonly referring = new Map<string, readonly Referrer[] | Error>();

  constructor(name: string) {
    this.host = name;
  }

  async manifest(repository: string, reference: Tag | Digest): Promise<Manifest> {
    this.requests.push(`manifest ${repository} ${reference}`);
    const manifest = this.manifests.get(reference) ?? new DctError('MANIFEST_UNKNOWN', { reference });
    if (manifest instanceof Error) throw manifest;
    return Promise.resolve(manifest);
  }

  async blob(repository: string, digest: Digest): Promise<Blob> {
    this.requests.push(`blob ${repository} ${digest}`);
    const make = this.blobs.get(digest);
    if (make === undefined) throw new DctError('BLOB_UNKNOWN', { reference: digest });
    return Promise.resolve(make());
  }

  async blobSize(repository: string, digest: Digest): Promise<number | undefined> {
    this.requests.push(`blob-size ${repository} ${digest}`);
    if (!this.sizes.has(digest)) throw new DctError('BLOB_UNKNOWN', { reference: digest });
    return Promise.resolve(this.sizes.get(digest));
  }

  async tags(repository: string): Promise<readonly string[]> {
    this.requests.push(`tags ${repository}`);
    return Promise.resolve(['unsigned']);
  }

  async referrers(repository: string, subject: Digest): Promise<readonly Referrer[]> {
    this.requests.push(`referrers ${repository} ${subject}`);
    const referrers = this.referring.get(subject) ?? [];
    if (referrers instanceof Error) throw referrers;
    return Promise.resolve(referrers);
  }

  /** Stores a manifest under its own digest, or under another one, as a lying registry does. */
  store(bytes: Uint8Array, mediaType = imageType, digest = digestOf(bytes)): Digest {
    this.manifests.set(digest, { bytes, digest, mediaType, references: [] });
    return digest;
  }
}

export const imageType = 'application/vnd.oci.image.manifest.v1+json';

/** The JSON of a small image manifest; `note` makes it different from others. */
export function manifestBytes(note: string): Uint8Array {
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: imageType, note }));
}

/** One proxy over two fake registries, with a clock that only the test moves. */
export interface Rig {
  readonly proxy: RunningProxy;
  readonly url: string;
  readonly port: number;
  readonly trust: FakeTrust;
  readonly registry: FakeRegistry;
  readonly other: FakeRegistry;
  readonly decisions: Decision[];
  readonly lines: string[];
  readonly clock: { time: number; now(): number };
}

const running: RunningProxy[] = [];
interface Watched {
  readonly lines: readonly string[];
  readonly decisions: readonly Decision[];
  readonly held: HeldWatch;
}
const watched: Watched[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((proxy) => proxy.close(0)));
  for (const { lines, decisions, held } of watched.splice(0)) {
    expectDiscreet(lines);
    expectReasons(decisions);
    held.look();
    held.expectBounded();
    await held.expectReleased();
  }
});

/** Starts a proxy on a free loopback port; it is closed after the test. */
export async function startRig(options: Partial<ProxyServerOptions> = {}): Promise<Rig> {
  const trust = new FakeTrust();
  const registry = new FakeRegistry(host);
  const other = new FakeRegistry(otherHost);
  const decisions: Decision[] = [];
  const lines: string[] = [];
  const held = watchHeld();
  watched.push({ lines, decisions, held });
  const keep = (line: string): void => void lines.push(line);
  const clock = { time: start, now: () => clock.time };
  const proxy = await startProxy({
    listen: { host: '127.0.0.1', port: 0 },
    upstreams: [
      { host, registry, trust },
      { host: otherHost, registry: other, trust },
    ],
    clock,
    notices: { warn: keep, info: keep, debug: keep },
    ...options,
    onDecision: (decision) => {
      held.look();
      (options.onDecision ?? ((made) => void decisions.push(made)))(decision);
    },
  });
  running.push(proxy);
  const port = Number(new URL(proxy.url).port);
  return { proxy, url: proxy.url, port, trust, registry, other, decisions, lines, clock };
}

/** A rig with one manifest that is signed as `app:v1`. */
export async function startSignedRig(): Promise<
  Rig & { readonly bytes: Uint8Array; readonly digest: Digest }
> {
  const rig = await startRig();
  const bytes = manifestBytes('signed');
  const digest = rig.registry.store(bytes);
  rig.trust.answers.set(gunOf('app'), { releases: { v1: entryOf(bytes) } });
  return { ...rig, bytes, digest };
}

/** The distribution API's error document. */
export interface ErrorBody {
  readonly errors: readonly {
    readonly code: string;
    readonly message: string;
    readonly detail: { readonly reason: string; readonly next?: string };
  }[];
}

export async function errorOf(response: Response): Promise<ErrorBody['errors'][number]> {
  const body = (await response.json()) as ErrorBody;
  const [error] = body.errors;
  if (error === undefined) throw new Error('the answer has no error');
  return error;
}
