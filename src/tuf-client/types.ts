// What the verify door answers: trust data of one GUN that passed every check together.
import type { Digest } from '../base/digest.ts';
import type { DctError } from '../base/errors.ts';
import type { Gun } from '../base/reference.ts';
import type { FileMeta, KeyId, RoleName, Root, Snapshot, Targets, Timestamp } from './model/index.ts';

/** One metadata file that passed: the exact bytes, and what they say. */
export interface Trusted<T> {
  readonly bytes: Uint8Array;
  readonly data: T;
  /** Ids of the keys whose signatures counted; a root does not say. */
  readonly signedBy?: readonly KeyId[];
}

export interface TrustedRepository {
  readonly gun: Gun;
  readonly root: Trusted<Root>;
  readonly timestamp: Trusted<Timestamp>;
  readonly snapshot: Trusted<Snapshot>;
  readonly targets: Trusted<Targets>;
  /** Verified delegations by role name, in download order (depth first, as declared). */
  readonly delegations: ReadonlyMap<RoleName, Trusted<Targets>>;
  /** Delegations that could not be used, and why; never `targets/releases`, whose failure refuses everything. */
  readonly unusable: ReadonlyMap<RoleName, Error>;
  /** `cache`: the server could not be reached and unexpired data was used. */
  readonly origin: 'server' | 'cache';
  /** Why the server could not be reached; undefined when it was. */
  readonly outage: DctError | undefined;
  /**
   * When the server last said that there is nothing newer, in milliseconds since the epoch: now, or, from the cache, as
   * far as this machine remembers.
   */
  readonly confirmedAt: number | undefined;
  /** When and how the root was first trusted on this machine. */
  readonly trustedSince: FirstTrust;
  /** Set when this very update was the first contact. */
  readonly firstContact: boolean;
}

export interface FirstTrust {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** `first-use`: nobody vouched for the key; `pin`: it matched a pin; `cache`: Docker's or Notary's cache was there before; `created`: made here. */
  readonly how: 'first-use' | 'pin' | 'cache' | 'created';
  readonly rootKeys: readonly KeyId[];
}

/** A tag, and the content that a role has signed for it. */
export interface SignedTarget {
  readonly name: string;
  readonly role: RoleName;
  /** From the signed sha256 hash. */
  readonly digest: Digest;
  /** All signed hashes that dct can check, sha256 included. */
  readonly digests: readonly Digest[];
  /** Signed size of the manifest in bytes. */
  readonly length: number;
  /** All that was signed: hashes that dct cannot check too, and whatever data of their own the signers added. */
  readonly signed: FileMeta;
}

/** A tag that counts: signed into `targets/releases` or `targets`. */
export type ReleasedTarget = SignedTarget;

export interface TrustClient {
  /**
   * Brings the trust data of `gun` up to date and verifies all of it (TUF client workflow). Nothing is stored unless all
   * of it passed.
   * @throws the trust family (refused), the transport family (nobody answered and nothing valid is cached), disk
   */
  update(gun: Gun): Promise<TrustedRepository>;
}

/** What only its authors may look at: verified, but for ends that have passed and signatures that a role lacks. */
export interface RepairableRepository {
  /** Its `unusable` may hold `targets/releases` too; its snapshot and targets may have expired. */
  readonly repository: TrustedRepository;
  /** What keeps everybody from reading it, by role. */
  readonly faults: ReadonlyMap<RoleName, Error>;
}

/** The client of somebody who also publishes. */
export interface AuthoringTrustClient extends TrustClient {
  /**
   * Trusts a root that was made on this machine: what was made here needs no trust on first use.
   * @throws what accepting a root throws; disk
   */
  adoptRoot(gun: Gun, bytes: Uint8Array): Promise<void>;
  /**
   * Reads what `update` refuses, so that it can be signed again; remembers nothing of it.
   * @throws what `update` throws for faults that no signature could repair
   */
  readForRepair(gun: Gun): Promise<RepairableRepository>;
}
