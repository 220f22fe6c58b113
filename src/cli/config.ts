// The configuration file, checked strictly: a mistyped setting is an error, never silently no protection.
import { Checker } from './config-checker.ts';
import { readPins, type PinEntries } from './config-pins.ts';
import { readProxyConfig, type ProxyConfig } from './config-proxy.ts';
import { readRegistries, type RegistryEntries } from './config-registries.ts';
import type { LocalFiles } from './io.ts';

export interface Config {
  readonly registries: RegistryEntries;
  /** Trust pins: a GUN, or a prefix of GUNs that ends in `/*`, and what may vouch for it. */
  readonly pins: PinEntries;
  /** File with Notary's `trust_pinning`; false: none is read; undefined: where Notary has it (ADR 0017). */
  readonly trustPinning: string | false | undefined;
  /** What a repository means that nothing vouches for: its first root is trusted and recorded, or refused. */
  readonly firstUse: 'accept' | 'refuse';
  readonly proxy: ProxyConfig;
}

export const emptyConfig: Config = {
  registries: new Map(),
  pins: new Map(),
  trustPinning: undefined,
  firstUse: 'accept',
  proxy: { limits: {} },
};

/**
 * Reads `config.json`; everything is at its default when there is no such file. File names in it are relative to its
 * own directory.
 * @throws CONFIG_INVALID, DISK
 */
export async function readConfig(files: LocalFiles, file: string): Promise<Config> {
  const bytes = await files.read(file);
  return bytes === undefined ? emptyConfig : parseConfig(bytes, file);
}

/** @throws CONFIG_INVALID */
export function parseConfig(bytes: Uint8Array, file: string): Config {
  const check = new Checker(file);
  const document = check.object(check.document(bytes), '$', [
    'registries',
    'pins',
    'trustPinning',
    'firstUse',
    'proxy',
  ]);
  const { trustPinning, firstUse = 'accept' } = document;
  if (firstUse !== 'accept' && firstUse !== 'refuse')
    throw check.fail('$.firstUse', 'it is neither "accept" nor "refuse"');
  return {
    registries: readRegistries(check, document['registries']),
    pins: readPins(check, document['pins']),
    firstUse,
    proxy: readProxyConfig(check, document['proxy']),
    trustPinning: trustPinning === false ? false : check.file(trustPinning, '$.trustPinning'),
  };
}
