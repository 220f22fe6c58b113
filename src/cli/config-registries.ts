// Registries as they stand in the configuration: each with its Notary server, and repositories with one of their own.
import type { JsonValue } from '../base/json.ts';
import { isRegistryHost, isRepository, type Gun } from '../base/reference.ts';
import type { Checker } from './config-checker.ts';

/** What is configured for a Notary server. Files are PEM. */
export interface NotaryEntry {
  /** Its address. */
  readonly notary?: string;
  /** The certificate authority that vouches for it. */
  readonly notaryCa?: string;
  /** The certificate that is shown to it, and its private key: both or neither. */
  readonly notaryCert?: string;
  readonly notaryKey?: string;
  /** Host of the token server that may see its credentials, where it is not the Notary server itself. */
  readonly notaryRealm?: string;
}

/** What is configured for one registry, or for a part of its repositories. */
export interface RegistryEntry extends NotaryEntry {
  /** PEM file with the certificate authority of the registry. */
  readonly ca?: string;
  /** The certificate that is shown to it, and its private key: both or neither. */
  readonly cert?: string;
  readonly key?: string;
  /** Whose account the proxy shows to it: its own, or that of whoever asks the proxy. */
  readonly credentials?: 'own' | 'caller';
  /** Plain HTTP is allowed when it speaks no TLS. */
  readonly plainHttp?: boolean;
  /** Host of the token server that may see the registry's credentials, where it is not the registry itself. */
  readonly realm?: string;
}

/** By `HOST[:PORT]` as it stands in references, or `HOST[:PORT]/PREFIX` for the repositories there and below. */
export type RegistryEntries = ReadonlyMap<string, RegistryEntry>;

const notaryMembers = ['notary', 'notaryCa', 'notaryCert', 'notaryKey', 'notaryRealm'] as const;
const registryMembers = [...notaryMembers, 'ca', 'cert', 'key', 'credentials', 'plainHttp', 'realm'] as const;

/** @throws CONFIG_INVALID */
export function readRegistries(check: Checker, value: JsonValue | undefined): RegistryEntries {
  const entries = check.entries(value, '$.registries').map(([name, entry]) => {
    checkName(check, name);
    return [name, readEntry(check, entry, `$.registries.${name}`, !name.includes('/'))] as const;
  });
  return new Map(entries);
}

/**
 * The longest configured name that is the repository, or a part of its path that ends where a component ends; undefined
 * when there is none. `HOST/team` is not about `HOST/team-evil`.
 */
export function nameFor(gun: Gun, registries: RegistryEntries): string | undefined {
  const components = gun.split('/');
  for (let count = components.length; count > 0; count--) {
    const name = components.slice(0, count).join('/');
    if (registries.has(name)) return name;
  }
  return undefined;
}

/** @throws CONFIG_INVALID for a name that no repository could have, because it would silently be about nothing */
function checkName(check: Checker, name: string): void {
  const slash = name.indexOf('/');
  const host = slash === -1 ? name : name.slice(0, slash);
  if (!isRegistryHost(host) || (slash !== -1 && !isRepository(name.slice(slash + 1))))
    throw check.fail('$.registries', `"${name}" is not HOST[:PORT] or HOST[:PORT]/PREFIX`);
  // Docker Hub has a second name, which stands in no GUN.
  if (host === 'index.docker.io') throw check.fail('$.registries', `"${host}" is called docker.io here`);
}

function readEntry(check: Checker, value: JsonValue, path: string, isRegistry: boolean): RegistryEntry {
  const entry = check.object(value, path, isRegistry ? registryMembers : notaryMembers);
  const text = (name: string): string | undefined => check.text(entry[name], `${path}.${name}`);
  const file = (name: string): string | undefined => check.file(entry[name], `${path}.${name}`);
  const host = (name: string): string | undefined => {
    const value = text(name);
    if (value === undefined || isRegistryHost(value)) return value;
    throw check.fail(`${path}.${name}`, `"${value}" is not HOST[:PORT]`);
  };
  const members = {
    notary: text('notary'),
    notaryCa: file('notaryCa'),
    notaryCert: file('notaryCert'),
    notaryKey: file('notaryKey'),
    notaryRealm: host('notaryRealm'),
    ca: file('ca'),
    cert: file('cert'),
    key: file('key'),
    credentials: whoseAccount(check, text('credentials'), `${path}.credentials`),
    plainHttp: check.flag(entry['plainHttp'], `${path}.plainHttp`),
    realm: host('realm'),
  };
  if (!isRegistry && members.notary === undefined)
    throw check.fail(path, 'a part of a registry needs a notary of its own');
  if ((members.notaryCert === undefined) !== (members.notaryKey === undefined))
    throw check.fail(path, 'notaryCert and notaryKey are only of use together');
  if ((members.cert === undefined) !== (members.key === undefined))
    throw check.fail(path, 'cert and key are only of use together');
  return Object.fromEntries(Object.entries(members).filter(([, member]) => member !== undefined));
}

function whoseAccount(check: Checker, value: string | undefined, path: string): RegistryEntry['credentials'] {
  if (value === undefined || value === 'own' || value === 'caller') return value;
  throw check.fail(path, `"${value}" is neither "own" nor "caller"`);
}
