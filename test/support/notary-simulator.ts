// A Notary server in memory that keeps the rules of the real one, unless a test makes it sign or serve something else.
import { DctError } from '../../src/base/errors.ts';
import type { Clock } from '../../src/base/ports.ts';
import type { Gun } from '../../src/base/reference.ts';
import { certifyRootKey } from '../../src/tuf-client/author/root-certificate.ts';
import {
  fileName,
  parseDocument,
  readEnvelope,
  readRoot,
  type MetadataFile,
  type PublicKey,
  type RoleName,
  type Root,
} from '../../src/tuf-client/model/index.ts';
import type { NotaryStore } from '../../src/tuf-client/notary/index.ts';
import { SimulatedRepository, type RoleState } from './notary/repository.ts';
import { bare, makeKeys, makeSigner, wearing, type ListedKey, type TestSigner } from './notary/signers.ts';

export { metaOf, signBody, SimulatedRepository } from './notary/repository.ts';
export { bare, makeKeys, makeSigner, wearing, type ListedKey, type TestSigner } from './notary/signers.ts';

export const dayMs = 24 * 60 * 60 * 1000;
const start = Date.UTC(2030, 0, 1);

/** A clock that only the test moves. */
export class TestClock implements Clock {
  time = start;

  now(): number {
    return this.time;
  }

  advance(ms: number): void {
    this.time += ms;
  }
}

/** A root key in a certificate for this GUN, which is enough for a repository of one's own. */
export async function makeRootKey(
  gun: Gun,
  now = start,
  signer: TestSigner = makeSigner(),
): Promise<ListedKey> {
  return wearing(await certifyRootKey(signer, gun, now), signer);
}

/** Keys to use instead of fresh P-256 ones, and how many signatures each role needs. */
export interface RepositoryOptions {
  readonly keys?: Partial<Record<'root' | 'targets' | 'snapshot' | 'timestamp', readonly ListedKey[]>>;
  readonly thresholds?: Partial<Record<'root' | 'targets' | 'snapshot' | 'timestamp', number>>;
}

type ServerRole = 'timestamp' | 'snapshot';

export class NotarySimulator implements NotaryStore {
  readonly clock: TestClock;
  readonly repositories = new Map<Gun, SimulatedRepository>();
  /** File names in the order of downloads, found or not. */
  readonly requests: string[] = [];
  /** Publications in order: the roles of each. */
  readonly publications: RoleName[][] = [];
  /** Called before every download; what it throws is the answer. */
  beforeDownload: (name: string) => void = () => undefined;
  /** Called before every publication, such as to let somebody else publish first; what it throws is the answer. */
  beforePublish: () => void = () => undefined;
  /** Set to false for a server that signs no snapshots. */
  signsSnapshots = true;
  readonly #keys = new Map<string, ListedKey>();

  constructor(clock: TestClock = new TestClock()) {
    this.clock = clock;
  }

  /** A new repository with an empty targets role, published, all roles at version 1. */
  async repository(gun: Gun, options: RepositoryOptions = {}): Promise<SimulatedRepository> {
    const { keys = {}, thresholds = {} } = options;
    const state = (
      role: 'root' | 'targets' | ServerRole,
      own: readonly ListedKey[],
      days: number,
    ): RoleState => ({
      version: 0,
      expires: this.clock.time + days * dayMs,
      keys: keys[role] ?? own,
      threshold: thresholds[role] ?? 1,
    });
    const base = {
      root: state('root', keys.root ?? [await makeRootKey(gun, this.clock.time)], 3650),
      snapshot: state('snapshot', [this.serverSigner(gun, 'snapshot')], 1095),
      timestamp: state('timestamp', [this.serverSigner(gun, 'timestamp')], 14),
    };
    const top = { ...state('targets', keys.targets ?? makeKeys(1), 1095), targets: new Map(), paths: [''] };
    const repository = new SimulatedRepository(gun, base, top);
    this.repositories.set(gun, repository);
    return repository.publishRoot().publish();
  }

  /** Serves another repository under this one's name, such as a fork. */
  serve(repository: SimulatedRepository): void {
    this.repositories.set(repository.gun, repository);
  }

  /** Answers every download with this failure until it recovers. */
  outage(
    fault: DctError = new DctError('UNREACHABLE', { origin: 'https://notary.test', problem: 'refused' }),
  ): void {
    this.beforeDownload = () => {
      throw fault;
    };
  }

  recover(): void {
    this.beforeDownload = () => undefined;
  }

  /** The requests since the last time this was asked. */
  takeRequests(): readonly string[] {
    return this.requests.splice(0);
  }

  async download(gun: Gun, file: MetadataFile, maxBytes: number): Promise<Uint8Array | undefined> {
    const name = fileName(file);
    this.requests.push(name);
    await Promise.resolve();
    this.beforeDownload(name);
    const bytes = this.repositories.get(gun)?.files.get(name);
    if (bytes !== undefined && bytes.byteLength > maxBytes)
      throw new DctError('LIMIT', {
        what: `${file.role} metadata`,
        limit: 'its size in bytes',
        bound: maxBytes,
      });
    return bytes && Uint8Array.from(bytes);
  }

  serverKey(gun: Gun, role: ServerRole): Promise<PublicKey> {
    return Promise.resolve(this.serverSigner(gun, role).key);
  }

  rotateServerKey(gun: Gun, role: ServerRole): Promise<PublicKey> {
    const key = bare(makeSigner());
    this.#keys.set(`${gun} ${role}`, key);
    return Promise.resolve(key.key);
  }

  async publish(
    gun: Gun,
    files: ReadonlyMap<RoleName, Uint8Array>,
  ): Promise<'published' | 'version-conflict' | 'no-snapshot-key'> {
    await Promise.resolve();
    this.beforePublish();
    const repository = this.repositories.get(gun) ?? this.#empty(gun);
    for (const [role, bytes] of files)
      if (versionOf(bytes) <= versionOf(repository.current.get(role))) return 'version-conflict';
    if (!files.has('snapshot' as RoleName) && !this.#holdsSnapshotKey(repository, files))
      return 'no-snapshot-key';
    this.publications.push([...files.keys()]);
    this.repositories.set(gun, repository);
    for (const [role, bytes] of files) {
      repository.store(role, bytes);
      if (role === 'root') this.#takeRoot(repository, bytes);
    }
    if (files.has('snapshot' as RoleName)) {
      repository.base.snapshot.version = versionOf(files.get('snapshot' as RoleName));
      repository.publishTimestamp();
    } else repository.publishSnapshot();
    return 'published';
  }

  serverTime(): number | undefined {
    return this.clock.time;
  }

  /** The key that this server signs a role of a repository with. */
  serverSigner(gun: Gun, role: ServerRole): ListedKey {
    const name = `${gun} ${role}`;
    const known = this.#keys.get(name) ?? bare(makeSigner());
    this.#keys.set(name, known);
    return known;
  }

  /** Serves a root by its version, and signs with the keys that it names for the server's roles. */
  #takeRoot(repository: SimulatedRepository, bytes: Uint8Array): void {
    const root = rootOf(bytes);
    repository.files.set(`${root.version}.root.json`, bytes);
    repository.base.root.version = root.version;
    for (const role of ['snapshot', 'timestamp'] as const) {
      const own = this.serverSigner(repository.gun, role);
      if (root.roles[role].keyIds.includes(own.id)) repository.base[role].keys = [own];
    }
  }

  /** A repository that is about to be published for the first time by an author. */
  #empty(gun: Gun): SimulatedRepository {
    const state = (keys: readonly ListedKey[], days: number): RoleState => {
      return { version: 0, expires: this.clock.time + days * dayMs, keys, threshold: 1 };
    };
    const base = {
      root: state([], 3650),
      snapshot: state([this.serverSigner(gun, 'snapshot')], 1095),
      timestamp: state([this.serverSigner(gun, 'timestamp')], 14),
    };
    return new SimulatedRepository(gun, base, { ...state([], 1095), targets: new Map(), paths: [''] });
  }

  #holdsSnapshotKey(repository: SimulatedRepository, files: ReadonlyMap<RoleName, Uint8Array>): boolean {
    const bytes = files.get('root' as RoleName) ?? repository.current.get('root');
    if (bytes === undefined || !this.signsSnapshots) return false;
    return rootOf(bytes).roles.snapshot.keyIds.includes(this.serverSigner(repository.gun, 'snapshot').id);
  }
}

function rootOf(bytes: Uint8Array): Root {
  return parseDocument('root', bytes, (document) => readRoot(readEnvelope(document)));
}

function versionOf(bytes: Uint8Array | undefined): number {
  if (bytes === undefined) return 0;
  const { signed } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { signed: { version: number } };
  return signed.version;
}
