// Where each setting comes from: command line, then environment, then configuration file, then default; in one table.
import { isAbsolute, join, resolve } from 'node:path';
import { DctError } from '../base/errors.ts';
import { isRegistryHost, splitGun, type Gun } from '../base/reference.ts';
import { parseUrl } from '../base/url.ts';
import { nameFor, type RegistryEntry } from './config-registries.ts';
import { readConfig, type Config } from './config.ts';
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

/** Everything about one registry. */
export interface RegistrySettings {
  readonly host: string;
  /** Plain HTTP is allowed when it speaks no TLS. Loopback registries need no mention. */
  readonly plainHttp: boolean;
  /** PEM file. */
  readonly ca: string | undefined;
  /** PEM files. */
  readonly client: { readonly certificate: string; readonly key: string } | undefined;
  /** Host of the token server that may see the credentials, besides the registry itself. */
  readonly realm: string | undefined;
  /** Whether the proxy asks with the accounts of its callers. */
  readonly callers: boolean;
}

/** Everything about the Notary server that vouches for a repository. */
export interface NotarySettings {
  /** The name in the configuration that decided, `HOST[:PORT]` or `HOST[:PORT]/PREFIX`; without any, the registry's. */
  readonly name: string;
  /** Its address, as it was given. */
  readonly server: string;
  /** PEM file. */
  readonly ca: string | undefined;
  /** PEM files. */
  readonly client: { readonly certificate: string; readonly key: string } | undefined;
  /** Host of the token server that may see the credentials, besides the Notary server itself. */
  readonly realm: string | undefined;
}

export interface Settings {
  /** `~/.docker`: credentials, certificates, keys and trust data, in Docker's layout. */
  readonly dockerDirectory: string;
  /** Absolute path of the configuration file, whether there is one or not. */
  readonly configFile: string;
  readonly config: Config;
  /** In the order of the command line; the first that fits a key is used for it. */
  readonly passphrases: readonly PassphrasePlace[];
  readonly registry: (host: string) => RegistrySettings;
  readonly notary: (gun: Gun) => NotarySettings;
  /** All that repositories of this registry may have. */
  readonly notaries: (host: string) => readonly NotarySettings[];
  /** Origin of the one Notary server that was named: by option, by variable, or as the only one in the configuration. */
  readonly namedNotary: string | undefined;
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
  namedNotary: [flag('server'), address('DOCKER_CONTENT_TRUST_SERVER')],
  notaryCa: [flag('tlscacert'), member('notaryCa')],
  notaryCert: [member('notaryCert')],
  notaryKey: [member('notaryKey')],
  notaryRealm: [member('notaryRealm')],
  ca: [member('ca')],
  cert: [member('cert')],
  key: [member('key')],
  credentials: [member('credentials')],
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
  const configFile = path(sources.configFile);
  const config = await readConfig(io.files, configFile);

  const originOf = (name: string): Origin => {
    const [host = ''] = name.split('/', 1);
    return { flags, io, entry: config.registries.get(name) ?? {}, host };
  };
  const registry = (host: string): RegistrySettings => {
    const origin = originOf(host);
    return {
      host,
      plainHttp: first<boolean | undefined>(sources.plainHttp, origin) ?? false,
      ca: first(sources.ca, origin),
      client: pairOf(first(sources.cert, origin), first(sources.key, origin)),
      realm: first(sources.realm, origin),
      callers: first(sources.credentials, origin) === 'caller',
    };
  };
  const notary = (name: string): NotarySettings => notarySettings(name, originOf(name));
  return {
    dockerDirectory: path(sources.dockerDirectory),
    configFile,
    config,
    passphrases: passphrasePlaces(flags, io.workingDirectory),
    registry,
    notary: (gun) => notary(nameFor(gun, config.registries) ?? splitGun(gun).registry),
    notaries: (host) => {
      const parts = [...config.registries.keys()].filter((name) => name.startsWith(`${host}/`));
      return [host, ...parts].map(notary);
    },
    namedNotary: originNamed(first(sources.namedNotary, general)) ?? onlyNotary(config),
  };
}

function notarySettings(name: string, origin: Origin): NotarySettings {
  const server = first(sources.notary, origin) ?? '';
  const { notary } = origin.entry;
  // What is configured for one server is not shown to another one that takes its place.
  const isReplaced = notary !== undefined && originNamed(notary) !== originNamed(server);
  const own: Origin = isReplaced ? { ...origin, entry: {} } : origin;
  const ca = first(sources.notaryCa, own);
  return {
    name,
    server,
    ca: ca === undefined ? undefined : resolve(origin.io.workingDirectory, ca),
    client: pairOf(first(sources.notaryCert, own), first(sources.notaryKey, own)),
    realm: first(sources.notaryRealm, own),
  };
}

function pairOf(certificate: string | undefined, key: string | undefined): RegistrySettings['client'] {
  return certificate === undefined || key === undefined ? undefined : { certificate, key };
}

function onlyNotary({ registries }: Config): string | undefined {
  const origins = [...registries.values()].map(({ notary }) => originNamed(notary));
  const [only, ...others] = new Set(origins.filter((origin) => origin !== undefined));
  return others.length === 0 ? only : undefined;
}

/** Undefined as well for what is no address; whoever needs that server will be told. */
function originNamed(address: string | undefined): string | undefined {
  return address === undefined ? undefined : parseUrl(address)?.origin;
}
