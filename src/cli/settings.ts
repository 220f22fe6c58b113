// Where each setting comes from: command line, then environment, then configuration file, then default; in one table.
import { isAbsolute, join, resolve } from 'node:path';
import { DctError } from '../base/errors.ts';
import { isRegistryHost } from '../base/reference.ts';
import { readConfig, type Config, type RegistryEntry } from './config.ts';
import type { Io } from './io.ts';
import { passphrasePlaces, type PassphraseFlags, type PassphrasePlace } from './passphrase-places.ts';

/** The options that every command takes, as the command line gave them. */
export interface CommonFlags extends PassphraseFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly server?: string;
  readonly tlscacert?: string;
  readonly insecureRegistry?: readonly string[];
}

/** Everything about one registry and the Notary server that vouches for it. */
export interface RegistrySettings {
  readonly host: string;
  /** Plain HTTP is allowed when it speaks no TLS. Loopback registries need no mention. */
  readonly plainHttp: boolean;
  /** PEM file. */
  readonly ca: string | undefined;
  /** Host of the token server that may see the credentials, besides the registry itself. */
  readonly realm: string | undefined;
  /** Address of the Notary server, as it was given. */
  readonly notary: string;
  /** PEM file. */
  readonly notaryCa: string | undefined;
}

export interface Settings {
  /** `~/.docker`: credentials, certificates, keys and trust data, in Docker's layout. */
  readonly dockerDirectory: string;
  readonly config: Config;
  /** In the order of the command line; the first that fits a key is used for it. */
  readonly passphrases: readonly PassphrasePlace[];
  readonly registry: (host: string) => RegistrySettings;
}

interface Origin {
  readonly flags: CommonFlags;
  readonly io: Pick<Io, 'env' | 'home' | 'workingDirectory'>;
  readonly entry: RegistryEntry;
  readonly host: string;
}

type Source<T> = (origin: Origin) => T | undefined;

const flag =
  (name: 'server' | 'tlscacert'): Source<string> =>
  ({ flags }) =>
    flags[name];
/** An empty variable counts as unset. */
const variable =
  (name: string, below = ''): Source<string> =>
  ({ io }) => {
    const value = io.env[name];
    return value === undefined || value === '' ? undefined : join(value, below);
  };
const address =
  (name: string): Source<string> =>
  ({ io }) =>
    io.env[name] || undefined;
const member =
  <K extends keyof RegistryEntry>(name: K): Source<RegistryEntry[K]> =>
  ({ entry }) =>
    entry[name];
const home =
  (path: string): Source<string> =>
  ({ io }) =>
    join(io.home, path);

/** The XDG base directory specification tells to ignore relative paths. */
const xdgConfig: Source<string> = ({ io }) => {
  const base = io.env['XDG_CONFIG_HOME'] ?? '';
  return isAbsolute(base) ? join(base, 'dct/config.json') : undefined;
};

/** Named as plain HTTP on the command line. */
const named: Source<boolean> = ({ flags, host }) =>
  flags.insecureRegistry?.includes(host) === true ? true : undefined;

/** Docker's rule: Docker Hub has its own Notary host, any other registry is asked under its own name. */
const ownNotary: Source<string> = ({ host }) => `https://${host === 'docker.io' ? 'notary.docker.io' : host}`;

/** For each setting its sources; the first that has a value decides. */
const sources = {
  dockerDirectory: [variable('DOCKER_CONFIG'), home('.docker')],
  configFile: [variable('DCT_CONFIG'), xdgConfig, home('.config/dct/config.json')],
  notary: [flag('server'), address('DOCKER_CONTENT_TRUST_SERVER'), member('notary'), ownNotary],
  notaryCa: [flag('tlscacert'), member('notaryCa')],
  ca: [member('ca')],
  realm: [member('realm')],
  plainHttp: [named, member('plainHttp')],
} as const;

function first<T>(from: readonly Source<T>[], origin: Origin): T | undefined {
  for (const source of from) {
    const value = source(origin);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** @throws CONFIG_INVALID, DISK, USAGE */
export async function loadSettings(flags: CommonFlags, io: Io): Promise<Settings> {
  const wrong = flags.insecureRegistry?.find((host) => !isRegistryHost(host));
  if (wrong !== undefined) {
    const hint = 'Write it as HOST[:PORT], as it stands in image names.';
    throw new DctError('USAGE', { problem: `--insecure-registry "${wrong}" is not a registry host`, hint });
  }
  const general: Origin = { flags, io, entry: {}, host: '' };
  const path = (from: readonly Source<string>[]): string =>
    resolve(io.workingDirectory, first(from, general) ?? '');
  const config = await readConfig(io.files, path(sources.configFile));

  const registry = (host: string): RegistrySettings => {
    const origin: Origin = { flags, io, entry: config.registries.get(host) ?? {}, host };
    const notaryCa = first(sources.notaryCa, origin);
    return {
      host,
      plainHttp: first<boolean | undefined>(sources.plainHttp, origin) ?? false,
      ca: first(sources.ca, origin),
      realm: first(sources.realm, origin),
      notary: first(sources.notary, origin) ?? '',
      notaryCa: notaryCa === undefined ? undefined : resolve(io.workingDirectory, notaryCa),
    };
  };
  return {
    dockerDirectory: path(sources.dockerDirectory),
    config,
    passphrases: passphrasePlaces(flags, io.workingDirectory),
    registry,
  };
}
