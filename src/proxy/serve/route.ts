// What a request asks for: the read half of the distribution API, as an allow-list (OCI distribution 1.1, PX-05).
import { parseDigest, type Digest } from '../../base/digest.ts';
import { DctError } from '../../base/errors.ts';
import { asTag, type Tag } from '../../base/reference.ts';
import { parsePage, type Page } from './page.ts';
import { parseRequestTarget, type RequestTarget } from './request-target.ts';
import { namesOrigin, type TunnelOrigin } from './tunnel-target.ts';

export type Route =
  | { readonly kind: 'version' }
  | { readonly kind: 'tag'; readonly repository: string; readonly tag: Tag }
  | { readonly kind: 'manifest'; readonly repository: string; readonly digest: Digest }
  | { readonly kind: 'blob'; readonly repository: string; readonly digest: Digest }
  | { readonly kind: 'tags'; readonly repository: string; readonly page: Page }
  | {
      readonly kind: 'referrers';
      readonly repository: string;
      readonly digest: Digest;
      /** Lists only referrers of this type. */
      readonly artifactType: string | undefined;
    };

export interface PullRequest {
  readonly route: Route;
  /** The registry that the request names: by the tunnel it came through, in an absolute-form target or by `?ns=`. */
  readonly registry: string | undefined;
  /** The same if it came by `?ns=` (OCI distribution 1.1, "Registry Proxying"), which answers have to repeat. */
  readonly namespace: string | undefined;
}

/**
 * Reads a request line. What this returns is the only form of the request that decides and that goes upstream (PX-03).
 * Repository names are not checked here: they become part of a GUN, which checks them.
 * @param host the `Host` header, which must agree with an absolute-form target and with a tunnel
 * @param tunnel what the tunnel is for through which the request came
 * @throws METHOD_REFUSED, REQUEST_TARGET_INVALID, ROUTE_UNKNOWN, TAG_INVALID, DIGEST_INVALID, PAGE_INVALID
 */
export function parsePullRequest(
  method: string,
  target: string,
  host?: string,
  tunnel?: TunnelOrigin,
): PullRequest {
  if (method !== 'GET' && method !== 'HEAD') throw new DctError('METHOD_REFUSED', { method });
  const parsed = parseRequestTarget(target);
  const namespace = parseNamespace(parsed);
  const registry =
    tunnel === undefined
      ? parseRegistry(parsed, host, namespace)
      : checkTunnelled(parsed, host, namespace, tunnel);
  return { route: parseRoute(parsed), registry, namespace };
}

/** A tunnel leads to one registry, and nothing inside may name another (PX-02, PX-12). */
function checkTunnelled(
  { authority }: RequestTarget,
  host: string | undefined,
  namespace: string | undefined,
  tunnel: TunnelOrigin,
): string {
  if (authority !== undefined) throw ambiguous('inside of a tunnel it begins with a slash');
  if (!namesOrigin(host, tunnel)) throw ambiguous('the Host header does not name the host of the tunnel');
  if (namespace !== undefined && namespace !== tunnel.registry)
    throw ambiguous('"ns" does not name the registry of the tunnel');
  return tunnel.registry;
}

/**
 * All that name a registry name the same one. RFC 9112 3.2.2 would have the target outrank `Host`, but whatever stands
 * before this proxy may read it the other way round (PX-02, PX-11).
 */
function parseRegistry(
  { authority }: RequestTarget,
  host: string | undefined,
  namespace: string | undefined,
): string | undefined {
  if (authority === undefined) return namespace;
  if (host !== authority) throw ambiguous('its host is not the one of the Host header');
  if (namespace !== undefined && namespace !== authority) throw ambiguous('its host is not the one of "ns"');
  return authority;
}

function ambiguous(problem: string): DctError {
  return new DctError('REQUEST_TARGET_INVALID', { problem });
}

/**
 * The grammar is matched from the right, because `manifests`, `blobs` and `tags` are legal parts of a repository name
 * (PX-04): `/v2/x/blobs/y/manifests/z` is the tag `z` of the repository `x/blobs/y`.
 */
function parseRoute({ segments, query }: RequestTarget): Route {
  const [version, ...rest] = segments;
  if (version !== 'v2') throw new DctError('ROUTE_UNKNOWN', {});
  if (rest.length === 1 && rest[0] === '') return { kind: 'version' };
  const repository = rest.slice(0, -2).join('/');
  const [action, item] = rest.slice(-2);
  if (repository === '' || item === undefined || item === '') throw new DctError('ROUTE_UNKNOWN', {});
  switch (action) {
    case 'manifests':
      return parseManifestRoute(repository, item);
    case 'blobs':
      // A tag in this place is an error, never a look-up: containerd asks here after a 404 for the manifest (DP-07).
      return { kind: 'blob', repository, digest: parseDigest(item) };
    case 'referrers':
      return { kind: 'referrers', repository, digest: parseDigest(item), artifactType: parseFilter(query) };
    case 'tags':
      if (item === 'list') return { kind: 'tags', repository, page: parsePage(query) };
      break;
  }
  throw new DctError('ROUTE_UNKNOWN', {});
}

/** Whatever has a colon is meant as a digest, and a wrong digest is never tried as a tag (NM-10, MF-10). */
function parseManifestRoute(repository: string, item: string): Route {
  if (item.includes(':')) return { kind: 'manifest', repository, digest: parseDigest(item) };
  const tag = asTag(item);
  if (tag === undefined) throw new DctError('TAG_INVALID', { tag: item });
  return { kind: 'tag', repository, tag };
}

/** Empty is none, as Go's servers read it (OCI distribution 1.1, "Listing Referrers"). */
function parseFilter(query: RequestTarget['query']): string | undefined {
  const artifactType = atMostOne(query, 'artifactType');
  return artifactType === '' ? undefined : artifactType;
}

/** At most one `ns`: two could be read as either (PX-11). */
function parseNamespace({ query }: RequestTarget): string | undefined {
  return atMostOne(query, 'ns');
}

function atMostOne(query: RequestTarget['query'], name: string): string | undefined {
  const values = query.get(name) ?? [];
  if (values.length > 1) throw ambiguous(`the parameter "${name}" occurs more than once`);
  return values[0];
}
