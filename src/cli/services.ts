// The doors that commands go through, opened on demand and exchangeable in tests.
import type { Clock, Notices } from '../base/ports.ts';
import type { KeyKeeper, KeyStore } from '../keystore/index.ts';
import type { ProxyServerOptions, RunningProxy } from '../proxy/index.ts';
import type { Registry } from '../registry/index.ts';
import type { AttackOrder, RunningSandbox, SandboxOptions } from '../sandbox/index.ts';
import type { PreparedSign, SignRequest } from '../tuf-client/author/index.ts';
import type { TrustClient } from '../tuf-client/index.ts';
import type { Io } from './io.ts';
import type { PassphraseChoices } from './passphrase-sources.ts';
import type { Settings } from './settings.ts';

/** What a first contact with a repository means: it is trusted and recorded, or refused. */
export type FirstUse = 'accept' | 'refuse';

export interface Services {
  /** The client for collections of this registry, `HOST[:PORT]`. */
  trust(host: string, firstUse: FirstUse): Promise<TrustClient>;
  registry(host: string): Promise<Registry>;
  keyStore(): Promise<KeyStore>;
  /** The same keys, for those who look after them. */
  keyKeeper(choices?: PassphraseChoices): Promise<KeyKeeper>;
  /** Verifies what is published, unlocks every key that is needed, and works out what is to change. */
  prepareSign(request: SignRequest): Promise<PreparedSign>;
  startProxy(options: Omit<ProxyServerOptions, 'clock' | 'notices'>): Promise<RunningProxy>;
  startSandbox(options: Omit<SandboxOptions, 'clock' | 'notices'>): Promise<RunningSandbox>;
  /** Tells the sandbox whose registry is `host` to attack, and answers what it did, for people. */
  orderAttack(host: string, order: AttackOrder): Promise<readonly string[]>;
  /** Gives connections up. */
  close(): Promise<void>;
}

export type OpenServices = (given: {
  readonly io: Io & { readonly clock: Clock };
  readonly settings: Settings;
  readonly notices: Notices;
}) => Promise<Services>;
