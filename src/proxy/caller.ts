// Whose account a registry sees: the proxy's own, or the caller's where that is configured (AU-12, DP-10, CA-08).
import { DctError, isDctError } from '../base/errors.ts';
import { readBasicAuthorization } from '../http/credentials.ts';
import type { Registry } from '../registry/index.ts';
import type { Place } from './content/store.ts';
import type { Route } from './serve/route.ts';
import type { Upstream } from './upstream.ts';

type Asked<T> = T & Pick<Place, 'asks'>;

/**
 * The upstream as this request is to ask it. Without accounts of callers it is the upstream itself, and the header is not looked
 * at. With them, the registry decides first whether the caller may read there, so that neither trust data nor the cache tell
 * strangers anything. Docker and skopeo offer an account only after a 401 to `/v2/`, so that one asks for it, too.
 * @throws CLIENT_UNKNOWN without an account or with a wrong one; what `CallersRegistry.admit` throws
 */
export async function asCaller<T extends Pick<Upstream, 'host' | 'registry'>>(
  upstream: T,
  route: Route,
  authorization: string | undefined,
  signal: AbortSignal,
): Promise<Asked<T>> {
  const { registry, host } = upstream;
  if (registry.as === undefined) return upstream;
  const caller = readBasicAuthorization(authorization);
  if (caller === undefined)
    throw new DctError('CLIENT_UNKNOWN', { problem: `an account of ${host} is needed` });
  const asked = registry.as(caller);
  try {
    await (route.kind === 'version'
      ? asked.login(signal)
      : asked.admit(route.repository, wantedBy(route), signal));
  } catch (error) {
    if (!isDctError(error, 'REGISTRY_DENIED') || error.facts.status !== 401) throw error;
    throw new DctError('CLIENT_UNKNOWN', { problem: `${host} does not accept that account there` }, error);
  }
  return { ...upstream, registry: asked, asks: 'always' };
}

/** What the registry itself calls the content; undefined for what is no content. */
function wantedBy(route: Route): string | undefined {
  if (route.kind === 'tag') return `manifests/${route.tag}`;
  if (route.kind === 'manifest' || route.kind === 'referrers') return `manifests/${route.digest}`;
  return route.kind === 'blob' ? `blobs/${route.digest}` : undefined;
}

/** One header cannot hold two accounts, and a password for the proxy is none of a registry's business. @throws USAGE */
export function checkAccounts(
  upstreams: readonly { readonly host: string; readonly registry: Pick<Registry, 'as'> }[],
  proxyHasUsers: boolean,
): void {
  const registry = upstreams.find((upstream) => upstream.registry.as !== undefined);
  if (registry === undefined || !proxyHasUsers) return;
  throw new DctError('USAGE', {
    problem: `clients cannot log in to the proxy and to ${registry.host} at once`,
    hint: 'Tell clients apart by certificates, or leave "credentials": "caller" away.',
  });
}
