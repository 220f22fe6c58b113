// Image references in Docker's grammar, normalised as Docker does, and the GUN that names their trust collection.
import { asDigest, type Digest } from './digest.ts';
import { DctError } from './errors.ts';
import { limits } from './limits.ts';

declare const gunBrand: unique symbol;
/** A trust collection's name, `HOST[:PORT]/REPOSITORY`: validated, so safe in a URL and in a path (NM-05). */
export type Gun = string & { readonly [gunBrand]: true };

declare const tagBrand: unique symbol;
/** A validated tag. */
export type Tag = string & { readonly [tagBrand]: true };

export interface Reference {
  /** As the user typed it. */
  readonly text: string;
  /** `HOST[:PORT]` as in the GUN; `docker.io` for Docker Hub. */
  readonly registry: string;
  /** Path below the registry, without leading slash; `library/alpine`. */
  readonly repository: string;
  readonly gun: Gun;
  readonly tag?: Tag;
  readonly digest?: Digest;
}

const label = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const hostForm = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]{1,5})?$`);
const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const pathForm = new RegExp(`^${component}(?:/${component})*$`);
const tagForm = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const hexOnly = /^[a-f0-9]{64}$/;

/** Docker Hub's several names are one registry. */
const hubNames = new Set(['docker.io', 'index.docker.io']);

/** The tag, or undefined when the text is not one (NM-10). */
export function asTag(text: string): Tag | undefined {
  return tagForm.test(text) ? (text as Tag) : undefined;
}

/** True for a registry host, with or without port, as it may stand in a GUN. */
export function isRegistryHost(text: string): boolean {
  // No GUN is longer, and the pattern needs a place on the stack for every label.
  if (text.length > limits.gunCharacters || !hostForm.test(text)) return false;
  const port = /:(\d+)$/.exec(text.replace(/^\[[^\]]*\]/, ''))?.[1];
  return port === undefined || (Number(port) > 0 && Number(port) <= 65535);
}

/** True for a repository path. `_trust` and the like can never be part of one: components begin with a letter or digit. */
export function isRepository(text: string): boolean {
  return text.length <= limits.gunCharacters && pathForm.test(text);
}

/** @throws GUN_INVALID */
export function makeGun(registry: string, repository: string): Gun {
  const gun = `${registry}/${repository}`;
  if (!isRegistryHost(registry))
    throw new DctError('GUN_INVALID', { gun, problem: 'the registry host is not valid' });
  if (!isRepository(repository))
    throw new DctError('GUN_INVALID', { gun, problem: 'the repository name is not valid' });
  // Server databases hold no longer ones (dialect 1.2).
  if (gun.length > limits.gunCharacters)
    throw new DctError('GUN_INVALID', {
      gun,
      problem: `it is longer than ${limits.gunCharacters} characters`,
    });
  return gun as Gun;
}

/** The registry and repository of a GUN. */
export function splitGun(gun: Gun): { readonly registry: string; readonly repository: string } {
  const slash = gun.indexOf('/');
  return { registry: gun.slice(0, slash), repository: gun.slice(slash + 1) };
}

/**
 * Parses an image reference: `[HOST[:PORT]/]PATH[:TAG][@DIGEST]`. No tag is assumed when there is none.
 * @throws REFERENCE_INVALID
 */
export function parseReference(text: string): Reference {
  const fail = (problem: string): DctError => new DctError('REFERENCE_INVALID', { reference: text, problem });
  if (text === '') throw fail('it is empty');
  if (hexOnly.test(text)) throw fail('64 hexadecimal digits name an image id, not a repository');

  const at = text.indexOf('@');
  const named = at === -1 ? text : text.slice(0, at);
  const digest = at === -1 ? undefined : asDigest(text.slice(at + 1));
  if (at !== -1 && digest === undefined) throw fail('the part after @ is not a sha256 digest');

  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const name = hasTag ? named.slice(0, colon) : named;
  const tag = hasTag ? asTag(named.slice(colon + 1)) : undefined;
  if (hasTag && tag === undefined) throw fail('the part after : is not a tag');

  const { registry, repository } = splitName(name);
  if (!isRegistryHost(registry)) throw fail(`"${registry}" is not a registry host`);
  if (!isRepository(repository)) {
    const upper = repository !== repository.toLowerCase();
    throw fail(upper ? 'the repository name must be lower case' : `"${repository}" is not a repository name`);
  }
  const gun = makeGun(registry, repository);
  return { text, registry, repository, gun, ...(tag && { tag }), ...(digest && { digest }) };
}

/** The first component is a host when it has a dot, a colon or a capital, or is `localhost`; otherwise it is a Hub name. */
function splitName(name: string): { registry: string; repository: string } {
  const slash = name.indexOf('/');
  const first = slash === -1 ? '' : name.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  const registry = isHost ? first : 'docker.io';
  const rest = isHost ? name.slice(slash + 1) : name;
  if (!hubNames.has(registry)) return { registry, repository: rest };
  return { registry: 'docker.io', repository: rest.includes('/') ? rest : `library/${rest}` };
}

/** `GUN@DIGEST`, the form that pins content. */
export function pinned(gun: Gun, digest: Digest): string {
  return `${gun}@${digest}`;
}
