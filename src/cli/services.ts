// The doors that commands go through, opened on demand and exchangeable in tests.
import type { Clock, Notices, Transport } from '../base/ports.ts';
import type { KeyKeeper, KeyStore } from '../keystore/index.ts';
import type { ProxyServerOptions, RunningProxy } from '../proxy/index.ts';
import type { Registry } from '../registry/index.ts';
import type { BlobCache } from '../blob-cache/index.ts';
import type { RunningSandbox, SandboxOptions } from '../sandbox/index.ts';
import type {
  BundleRequest,
  ChangeRequest,
  OpenedBundle,
  PreparedBundle,
  PreparedChange,
  PreparedSign,
  SignRequest,
} from '../tuf-client/author/index.ts';
import type { TrustClient } from '../tuf-client/index.ts';
import type { Io } from './io.ts';
import type { PassphraseChoices } from './passphrase-sources.ts';
import type { CacheChoice } from './proxy-cache.ts';
import type { Settings } from './settings.ts';

/** What a first contact with a repository means: it is trusted and recorded, or refused. */
export type FirstUse = 'accept' | 'refuse';

export interface Services {
  /** The client for collections of this registry, `HOST[:PORT]`. */
  trust(host: string, firstUse: FirstUse): Promise<TrustClient>;
  registry(host: string): Promise<Registry>;
  /** Blobs of all registries are hashed by so many threads from now on, and on this one for 0. */
  hashOnThreads(count: number): Promise<void>;
  keyStore(): Promise<KeyStore>;
  /** The same keys, for those who look after them. */
  keyKeeper(choices?: PassphraseChoices): Promise<KeyKeeper>;
  /** Verifies what is published, unlocks every key that is needed, and works out what is to change. */
  prepareSign(request: SignRequest): Promise<PreparedSign>;
  /** The same for signers, delegations, rotations and revocations; keys are made only when it is published. */
  prepareChange(request: ChangeRequest): Promise<PreparedChange>;
  /** The same for a change whose signatures are collected in a file. */
  prepareBundle(request: BundleRequest): Promise<PreparedBundle>;
  /** Reads copies of one bundle, and verifies it against what is published. */
  openBundle(copies: readonly Uint8Array[]): Promise<OpenedBundle>;
  /** Undefined, with a warning, when nothing can be written there. @throws DISK_UNSAFE when others could change it */
  blobCache(choice: CacheChoice): Promise<BlobCache | undefined>;
  startProxy(options: Omit<ProxyServerOptions, 'clock' | 'notices'>): Promise<RunningProxy>;
  startSandbox(options: Omit<SandboxOptions, 'clock' | 'notices'>): Promise<RunningSandbox>;
  /** For requests that no other door makes. */
  transport(): Promise<Transport>;
  /** Gives connections up. */
  close(): Promise<void>;
}

export type OpenServices = (given: {
  readonly io: Io & { readonly clock: Clock };
  readonly settings: Settings;
  readonly notices: Notices;
}) => Promise<Services>;
