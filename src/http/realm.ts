// Whether the token server that a challenge names may see a password, may be asked at all, or neither (AU-01, AU-02).
import { DctError } from '../base/errors.ts';
import { parseUrl } from '../base/url.ts';
import { addressKind, bareHost, isLoopbackHost } from './address.ts';

/** `SERVER REALM-HOST` pairs: the server may send its users to that host to log in. */
export type RealmPairs = readonly { readonly server: string; readonly realm: string }[];

/** Docker Hub logs in elsewhere. */
const wellKnown: RealmPairs = [
  { server: 'registry-1.docker.io', realm: 'auth.docker.io' },
  { server: 'index.docker.io', realm: 'auth.docker.io' },
  { server: 'notary.docker.io', realm: 'auth.docker.io' },
];

export interface Realm {
  readonly url: URL;
  /** False: a token is asked for anonymously, whatever credentials there are. */
  readonly maySeeCredentials: boolean;
}

/**
 * Judges the realm that `server` names. Credentials go to the same host, or to a listed one; never by similarity of names,
 * because two customers of one cloud can share a domain.
 * @throws CHALLENGE_REFUSED when the realm is not to be asked at all
 */
export function judgeRealm(server: URL, realm: string, configured: RealmPairs = []): Realm {
  const refuse = (problem: string): DctError =>
    new DctError('CHALLENGE_REFUSED', { origin: server.origin, problem });
  const url = parseUrl(realm);
  if (url === undefined) throw refuse('its realm is not an address');
  url.hash = '';
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refuse('its realm is not an HTTP address');
  if (url.username !== '' || url.password !== '') throw refuse('its realm carries a user name');
  const trusted = isSameServer(server, url) || isListed(server, url, configured);
  if (url.protocol === 'http:' && !(trusted && server.protocol === 'http:')) {
    throw refuse(`its realm ${url.origin} is not https`);
  }
  if (!trusted && addressKind(bareHost(url)) !== 'public' && addressKind(bareHost(server)) === 'public') {
    throw refuse(`its realm ${url.origin} is a private address`);
  }
  return { url, maySeeCredentials: trusted };
}

/** The same host and port. On this machine or a private address, services of one operator often differ in the port only. */
function isSameServer(server: URL, realm: URL): boolean {
  if (server.hostname !== realm.hostname) return false;
  const host = bareHost(server);
  return portOf(server) === portOf(realm) || isLoopbackHost(host) || addressKind(host) !== 'public';
}

function isListed(server: URL, realm: URL, configured: RealmPairs): boolean {
  return [...wellKnown, ...configured].some(
    (pair) => pair.server === server.host && pair.realm === realm.host,
  );
}

function portOf(url: URL): string {
  return url.port || (url.protocol === 'https:' ? '443' : '80');
}
