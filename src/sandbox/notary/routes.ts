// Addresses of the server, and what each asks for (dialect 7.1).
import type { Gun } from '../../base/reference.ts';
import { asRoleName, type RoleName } from '../../tuf-client/model/index.ts';

/** The roles that the server signs itself. */
export type ServerRole = 'timestamp' | 'snapshot';

/** Which file of a role; the current one when it has neither. */
export interface Wanted {
  readonly role: RoleName;
  readonly version?: number;
  /** As it was asked for: only lower-case SHA-256 finds anything. */
  readonly hash?: string;
}

export type Route =
  | { readonly name: 'ping' | 'health' | 'nothing' }
  | { readonly name: 'metadata'; readonly gun: Gun; readonly wanted: Wanted | undefined }
  | { readonly name: 'collection'; readonly gun: Gun }
  | { readonly name: 'key'; readonly gun: Gun; readonly role: ServerRole }
  | { readonly name: 'changes'; readonly gun: Gun | undefined; readonly query: URLSearchParams };

const role = '(?<role>root|targets(?:/[^/\\s]+)*|snapshot|timestamp)';
const tuf = '^/v2/(?<gun>[^*]+)/_trust/tuf/';
const byHash = new RegExp(
  `${tuf}${role}\\.(?<hash>[a-fA-F0-9]{64}|[a-fA-F0-9]{96}|[a-fA-F0-9]{128})\\.json$`,
);
const byVersion = new RegExp(`${tuf}(?<version>[0-9]{1,15})\\.${role}\\.json$`);
const byName = new RegExp(`${tuf}${role}\\.json$`);
const key = new RegExp(`${tuf}(?<role>snapshot|timestamp)\\.key$`);
const collection = new RegExp(`${tuf}$`);
const changes = /^\/v2\/(?:(?<gun>[^*]+)\/)?_trust\/changefeed$/;

/** Reads a request target; escapes in the path are undone, as servers in Go do. */
export function routeOf(target: string): Route {
  const [escaped, query] = splitOnce(target, '?');
  const path = unescapePath(escaped);
  if (path === undefined) return { name: 'nothing' };
  if (path === '/v2/') return { name: 'ping' };
  if (path === '/_notary_server/health') return { name: 'health' };
  return (
    metadataRoute(path) ??
    keyRoute(path) ??
    match(collection, path, ({ gun }) => ({ name: 'collection', gun })) ??
    match(changes, path, ({ gun }) => ({ name: 'changes', gun, query: new URLSearchParams(query) })) ?? {
      name: 'nothing',
    }
  );
}

/**
 * Where a path with empty, `.` or `..` segments really leads; undefined when it has none. The real server redirects there
 * instead of answering, and its clients do not follow.
 */
export function cleanTarget(target: string): string | undefined {
  const [path, query] = splitOnce(target, '?');
  if (!/\/\/|\/\.{1,2}(?:\/|$)/.test(path)) return undefined;
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  const end = path.endsWith('/') && segments.length > 0 ? '/' : '';
  return `/${segments.join('/')}${end}${query === '' ? '' : `?${query}`}`;
}

function metadataRoute(path: string): Route | undefined {
  return (
    match(byHash, path, ({ gun, groups }) => metadata(gun, groups['role'], { hash: groups['hash'] ?? '' })) ??
    match(byVersion, path, ({ gun, groups }) =>
      metadata(gun, groups['role'], { version: Number(groups['version']) }),
    ) ??
    match(byName, path, ({ gun, groups }) => metadata(gun, groups['role'], {}))
  );
}

function metadata(gun: Gun, name: string | undefined, which: Omit<Wanted, 'role'>): Route {
  const wantedRole = asRoleName(name ?? '');
  return { name: 'metadata', gun, wanted: wantedRole && { role: wantedRole, ...which } };
}

function keyRoute(path: string): Route | undefined {
  return match(key, path, ({ gun, groups }) => ({ name: 'key', gun, role: groups['role'] as ServerRole }));
}

/**
 * Notary takes anything without `*` for a GUN, and so does this server: here it is only ever compared and hashed, never
 * part of a path.
 */
function match(
  form: RegExp,
  path: string,
  route: (found: { gun: Gun; groups: Readonly<Record<string, string | undefined>> }) => Route,
): Route | undefined {
  const groups = form.exec(path)?.groups;
  return groups && route({ gun: groups['gun'] as Gun, groups });
}

function unescapePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    // A malformed escape: no address of ours has one.
    return undefined;
  }
}

function splitOnce(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
