// What one update of trust data says about tags, looked up in constant time however many there are.
import type { Digest } from '../../base/digest.ts';
import { asTag } from '../../base/reference.ts';
import { findReleased, listReleased, listSignedBy } from '../../tuf-client/index.ts';
import type {
  KeyId,
  ReleasedTarget,
  RoleName,
  SignedTarget,
  TrustedRepository,
} from '../../tuf-client/index.ts';

export class SignedTags {
  readonly repository: TrustedRepository;
  /** Nothing is used past its expiry, not even within the refresh interval (TUF 5.4.4). */
  readonly validUntil: number;
  /** Size of the metadata, which the size of all this follows. */
  readonly bytes: number;
  readonly #found = new Map<string, ReleasedTarget>();
  readonly #roles = new Map<RoleName, ReadonlyMap<string, SignedTarget>>();
  #names: readonly string[] | undefined;
  #byDigest: ReadonlyMap<Digest, readonly ReleasedTarget[]> | undefined;

  constructor(repository: TrustedRepository) {
    const { root, timestamp, snapshot, targets, delegations } = repository;
    const files = [root, timestamp, snapshot, targets, ...delegations.values()];
    this.repository = repository;
    this.bytes = files.reduce((sum, file) => sum + file.bytes.byteLength, 0);
    this.validUntil = Math.min(...files.map((file) => file.data.expires.epochMs));
  }

  /** @throws NOT_SIGNED, TARGET_UNUSABLE */
  find(tag: string): ReleasedTarget {
    const known = this.#found.get(tag);
    if (known !== undefined) return known;
    const target = findReleased(this.repository, tag);
    this.#found.set(tag, target);
    return target;
  }

  /** The signed tags in the order of their bytes. Signed names that are not tags stay in the metadata (NM-09). */
  names(): readonly string[] {
    this.#names ??= listReleased(this.repository)
      .map((target) => target.name)
      .filter((name) => asTag(name) !== undefined)
      .sort();
    return this.#names;
  }

  /** The tags that are signed as this content, by any of their digests. */
  withDigest(digest: Digest): readonly ReleasedTarget[] {
    this.#byDigest ??= indexed(listReleased(this.repository));
    return this.#byDigest.get(digest) ?? [];
  }

  /** What a role has signed itself, by tag. */
  inRole(role: RoleName): ReadonlyMap<string, SignedTarget> {
    const known = this.#roles.get(role);
    if (known !== undefined) return known;
    const targets = new Map(listSignedBy(this.repository, role).map((target) => [target.name, target]));
    this.#roles.set(role, targets);
    return targets;
  }

  /** Every digest that a tag is signed as, the first one for each tag. */
  digests(): Iterable<Digest> {
    return new Set(this.names().map((name) => this.find(name).digest));
  }

  /** Ids of the keys whose signatures of that role counted. */
  keysOf(role: RoleName): readonly KeyId[] {
    const { targets, delegations } = this.repository;
    return (delegations.get(role) ?? targets).signedBy ?? [];
  }
}

function indexed(targets: readonly ReleasedTarget[]): ReadonlyMap<Digest, readonly ReleasedTarget[]> {
  const index = new Map<Digest, ReleasedTarget[]>();
  for (const target of targets)
    for (const digest of target.digests) {
      const others = index.get(digest);
      if (others === undefined) index.set(digest, [target]);
      else others.push(target);
    }
  return index;
}
