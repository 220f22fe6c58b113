// What the author door needs from outside, and what it answers.
import type { Digest } from '../../base/digest.ts';
import type { Gun, Tag } from '../../base/reference.ts';
import type { Instant } from '../../base/instant.ts';
import type { Signer } from '../crypto/index.ts';
import type { KeyId, RoleName } from '../model/index.ts';

/** Private keys at hand, seen from the author: the command line adapts the key store to this. */
export interface SigningKeys {
  /** Which of these canonical key ids have a private key here. Asks for no passphrase. */
  held(ids: readonly KeyId[]): Promise<readonly KeyId[]>;
  /** Unlocks one key. @throws KEY_UNKNOWN, WRONG_PASSPHRASE, PASSPHRASE_MISSING, KEY_FORMAT */
  signer(id: KeyId): Promise<Signer>;
  /** Ids of the root keys here, in ascending order (Docker re-uses the first for every new repository). */
  rootKeys(): Promise<readonly KeyId[]>;
  /** Ids of keys whose `role` header is this signer name, in ascending order. */
  namedKeys(name: string): Promise<readonly KeyId[]>;
  /** Ids of keys that were made for this role of this GUN, in ascending order. */
  repositoryKeys(role: string, gun: Gun): Promise<readonly KeyId[]>;
  /** Makes and stores a new ECDSA P-256 key. `gun` only for targets and snapshot keys. */
  create(role: string, gun?: Gun): Promise<Signer>;
}

/** A tag and the content it shall stand for. */
export interface TargetToSign {
  readonly name: Tag;
  readonly digest: Digest;
  /** Size of the manifest in bytes. */
  readonly length: number;
}

/** What one publication consists of. */
export interface PublicationPlan {
  readonly gun: Gun;
  /** True when the repository has no trust data yet and will be created. */
  readonly initialises: boolean;
  /** Keys that were, or with `dryRun` would be, made for this. */
  readonly newKeys: readonly { readonly role: string; readonly keyId?: KeyId }[];
  /** Documents to be published, empty when everything says already what it shall say. */
  readonly documents: readonly PlannedDocument[];
}

export interface PlannedDocument {
  readonly role: RoleName;
  readonly version: number;
  readonly expires: Instant;
  /** Set when the document says nothing new and is signed again because its old end is near: that end. */
  readonly renews?: Instant;
}

/** What signing tags changes, for people to read before it happens (`--dry-run`) and after. */
export interface SignPlan extends PublicationPlan {
  /** Roles that tags are signed into. */
  readonly roles: readonly RoleName[];
  /** Those that take one tag: paths may keep a tag out of a role. */
  readonly rolesByTag: ReadonlyMap<string, readonly RoleName[]>;
  readonly changes: readonly {
    readonly tag: string;
    readonly role: RoleName;
    readonly before: Digest | undefined;
    readonly after: Digest;
  }[];
  /** What somebody should know about the outcome, one sentence each. */
  readonly remarks?: readonly string[];
}

/** A signature that is ready to be published: everything is verified, every key is unlocked. */
export interface PreparedSign {
  readonly plan: SignPlan;
  /**
   * Publishes, reads back and compares. Does nothing when everything is signed already, and with `dryRun`.
   * @throws CONFLICT after `limits.publishAttempts`, PUBLISH_REFUSED, KEY_MISSING, NOT_PERSISTED, the transport family
   */
  publish(): Promise<void>;
}
