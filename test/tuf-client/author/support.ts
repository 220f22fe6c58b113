// An author on a simulated server: keys in memory that remember what was asked of them.
import { digestOf, type Digest } from '../../../src/base/digest.ts';
import { DctError } from '../../../src/base/errors.ts';
import { utf8 } from '../../../src/base/bytes.ts';
import { asTag, type Gun } from '../../../src/base/reference.ts';
import { prepareSign, type Author } from '../../../src/tuf-client/author/index.ts';
import type {
  PreparedSign,
  SigningKeys,
  SignRequest,
  TargetToSign,
} from '../../../src/tuf-client/author/index.ts';
import { findReleased } from '../../../src/tuf-client/index.ts';
import type { KeyId } from '../../../src/tuf-client/model/index.ts';
import { makeSigner, type TestSigner } from '../../support/notary-simulator.ts';
import { gun, makeRig, type Rig } from '../support.ts';

export class TestKeys implements SigningKeys {
  readonly stored: { readonly role: string; readonly gun: Gun | undefined; readonly signer: TestSigner }[] =
    [];
  /** Keys that were unlocked, in order, each once: the key store remembers them. */
  readonly unlocked: KeyId[] = [];
  /** Roles of the keys that were made, in order. */
  readonly created: string[] = [];
  /** Keys whose passphrase is not known. */
  readonly locked = new Set<KeyId>();

  /** Puts a key here. */
  add(role: string, signer: TestSigner = makeSigner(), owner?: Gun): TestSigner {
    this.stored.push({ role, gun: owner, signer });
    return signer;
  }

  /** Takes a key away. */
  remove(id: KeyId): void {
    const at = this.stored.findIndex(({ signer }) => signer.keyId === id);
    if (at >= 0) this.stored.splice(at, 1);
  }

  held(ids: readonly KeyId[]): Promise<readonly KeyId[]> {
    return Promise.resolve(ids.filter((id) => this.stored.some(({ signer }) => signer.keyId === id)));
  }

  signer(id: KeyId): Promise<TestSigner> {
    const found = this.stored.find(({ signer }) => signer.keyId === id);
    if (found === undefined) return Promise.reject(new DctError('KEY_UNKNOWN', { keyId: id }));
    if (this.locked.has(id))
      return Promise.reject(
        new DctError('WRONG_PASSPHRASE', { role: found.role, keyId: id, source: 'a test' }),
      );
    if (!this.unlocked.includes(id)) this.unlocked.push(id);
    return Promise.resolve(found.signer);
  }

  rootKeys(): Promise<readonly KeyId[]> {
    return this.#ids(({ role }) => role === 'root');
  }

  namedKeys(name: string): Promise<readonly KeyId[]> {
    return this.#ids(({ role }) => role === name);
  }

  repositoryKeys(role: string, owner: Gun): Promise<readonly KeyId[]> {
    return this.#ids((key) => key.role === role && key.gun === owner);
  }

  create(role: string, owner?: Gun): Promise<TestSigner> {
    this.created.push(role);
    return Promise.resolve(this.add(role, makeSigner(), owner));
  }

  #ids(wanted: (key: TestKeys['stored'][number]) => boolean): Promise<readonly KeyId[]> {
    return Promise.resolve(
      this.stored
        .filter(wanted)
        .map(({ signer }) => signer.keyId)
        .sort(),
    );
  }
}

export interface AuthorRig extends Rig {
  readonly keys: TestKeys;
  readonly author: Author;
  prepare(tags?: readonly string[], request?: Partial<SignRequest>): Promise<PreparedSign>;
  /** Prepares and publishes. */
  sign(tags?: readonly string[], request?: Partial<SignRequest>): Promise<PreparedSign>;
  /** The digest that a fresh reader resolves a tag to. */
  resolved(tag: string, name?: Gun): Promise<Digest>;
}

/** A tag that stands for some content. */
export function target(name: string, content = name): TargetToSign {
  const tag = asTag(name);
  if (tag === undefined) throw new Error(`${name} is not a tag`);
  return { name: tag, digest: digestOf(utf8(content)), length: utf8(content).byteLength };
}

export function makeAuthorRig(rig: Rig = makeRig()): AuthorRig {
  const keys = new TestKeys();
  const notices = {
    warn: (line: string) => void rig.warnings.push(line),
    info: () => undefined,
    debug: () => undefined,
  };
  const author: Author = { trust: rig.client, store: rig.server, keys, clock: rig.server.clock, notices };
  const prepare: AuthorRig['prepare'] = (tags = ['1.0'], request = {}) =>
    prepareSign(author, { gun, targets: tags.map((tag) => target(tag)), ...request });
  return {
    ...rig,
    keys,
    author,
    prepare,
    sign: async (tags, request) => {
      const prepared = await prepare(tags, request);
      await prepared.publish();
      return prepared;
    },
    resolved: async (tag, name = gun) => {
      const reader = makeRig({ store: rig.server, clock: rig.server.clock });
      return findReleased(await reader.client.update(name), target(tag).name).digest;
    },
  };
}
