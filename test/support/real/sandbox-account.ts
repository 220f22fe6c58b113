// What a sandbox has acknowledged, what it may have done without saying so, and whether a restarted one stands by it.
import { expect } from 'vitest';
import { digestOf } from '../../../src/base/digest.ts';
import { makeGun, type Gun } from '../../../src/base/reference.ts';
import { publishedOwner, signedOf, type Owner } from '../../sandbox/notary/support.ts';
import { buildImage, pushBlob, pushManifest, randomBlob } from './image.ts';
import type { RemoteNotary } from './remote-notary.ts';

/** Trust data of one repository. */
interface Collection {
  readonly gun: Gun;
  /** Undefined until the first publication was acknowledged. */
  owner?: Owner;
  /** The targets file of the last publication that was acknowledged. */
  acknowledged?: Uint8Array;
  /** The targets file of a publication that was not answered so far. */
  sent?: Uint8Array;
}

interface Content {
  /** Below `/v2/`. */
  readonly path: string;
  readonly digest: string;
}

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string }[];
}

export class SandboxAccount {
  readonly #registry: string;
  readonly #notary: RemoteNotary;
  /** Blobs, and manifests by tag. */
  readonly #contents: Content[] = [];
  readonly #repositories = new Set<string>();
  readonly #collections = new Map<string, Collection>();

  /** @param registry `localhost:PORT` */
  constructor(registry: string, notary: RemoteNotary) {
    this.#registry = registry;
    this.#notary = notary;
  }

  /** Pushes an image of its own. */
  async push(repository: string, tag: string): Promise<void> {
    const server = `http://${this.#registry}`;
    const image = buildImage({ layers: [randomBlob(100_000), randomBlob(10)] });
    this.#repositories.add(repository);
    for (const blob of image.blobs) {
      await pushBlob(server, repository, blob);
      this.#contents.push({ path: `${repository}/blobs/${blob.digest}`, digest: blob.digest });
    }
    await pushManifest(server, repository, image, tag);
    this.#contents.push({ path: `${repository}/manifests/${tag}`, digest: image.digest });
  }

  /** Publishes as the owner of a repository: for the first time, again, or once more what was not answered. */
  async publish(repository: string): Promise<void> {
    const gun = makeGun(this.#registry, repository);
    const collection = this.#collections.get(repository) ?? { gun };
    this.#collections.set(repository, collection);
    const { owner } = collection;
    if (owner === undefined) {
      collection.owner = await publishedOwner(this.#notary, { name: gun });
      collection.acknowledged = collection.owner.part('targets')[1];
      return;
    }
    if (collection.sent === undefined) {
      owner.next('targets');
      collection.sent = owner.part('targets')[1];
    }
    const { status, text } = await this.#notary.publish([['targets', collection.sent]], gun);
    expect({ status, text }).toMatchObject({ status: 200 });
    acknowledge(collection, collection.sent);
  }

  /** Everything that was acknowledged is there, and of the rest all or nothing. */
  async check(): Promise<void> {
    for (const { path, digest } of this.#contents) expect(digestOf(await this.#get(path))).toBe(digest);
    for (const repository of this.#repositories) await this.#checkTags(repository);
    for (const [name, collection] of this.#collections) {
      await this.#checkCollection(collection);
      // Its owner never heard of it, and nobody else can go on with it.
      if (collection.owner === undefined) this.#collections.delete(name);
    }
  }

  /** Whatever is listed is whole. */
  async #checkTags(repository: string): Promise<void> {
    const list = await this.#find(`${repository}/tags/list`);
    const { tags } = JSON.parse(textOf(list) ?? '{"tags":[]}') as { tags: readonly string[] };
    for (const tag of tags) {
      const manifest = await this.#get(`${repository}/manifests/${tag}`);
      const { config, layers } = JSON.parse(textOf(manifest) ?? '') as Manifest;
      for (const { digest } of [config, ...layers])
        expect(digestOf(await this.#get(`${repository}/blobs/${digest}`))).toBe(digest);
    }
  }

  /** Four files that belong together, or none before the first publication. */
  async #checkCollection(collection: Collection): Promise<void> {
    const names = ['timestamp', 'snapshot', 'targets', 'root'];
    const files = await Promise.all(names.map((name) => this.#notary.file(collection.gun, `${name}.json`)));
    const [timestamp, snapshot, targets, root] = files;
    const { acknowledged, sent } = collection;
    if (acknowledged === undefined && files.every((file) => file === undefined)) return;
    expect(hashIn(timestamp, 'snapshot')).toBe(sha256Of(snapshot));
    expect(hashIn(snapshot, 'targets')).toBe(sha256Of(targets));
    expect(hashIn(snapshot, 'root')).toBe(sha256Of(root));
    if (sent !== undefined && sha256Of(sent) === sha256Of(targets)) acknowledge(collection, sent);
    if (collection.owner !== undefined) expect(sha256Of(targets)).toBe(sha256Of(collection.acknowledged));
  }

  /** Undefined when there is no such thing. */
  async #find(path: string): Promise<Uint8Array | undefined> {
    const response = await fetch(`http://${this.#registry}/v2/${path}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (response.status === 404) return undefined;
    expect({ path, status: response.status }).toEqual({ path, status: 200 });
    return bytes;
  }

  async #get(path: string): Promise<Uint8Array> {
    const bytes = await this.#find(path);
    if (bytes === undefined) throw new Error(`${path} is not there`);
    return bytes;
  }
}

function acknowledge(collection: Collection, targets: Uint8Array): void {
  collection.acknowledged = targets;
  delete collection.sent;
}

const textOf = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString();

const sha256Of = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && digestOf(bytes).slice('sha256:'.length);

/** What a file says about another one. */
function hashIn(file: Uint8Array | undefined, role: string): string {
  const hash = file && signedOf(file).meta[role]?.hashes['sha256'];
  return Buffer.from(hash ?? '', 'base64').toString('hex');
}
