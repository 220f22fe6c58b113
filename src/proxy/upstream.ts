// The registries behind the proxy, and which of them a request means.
import { DctError } from '../base/errors.ts';
import { isRegistryHost } from '../base/reference.ts';
import type { Registry } from '../registry/index.ts';
import type { TrustClient } from '../tuf-client/index.ts';

/** One registry with the trust data that decides about it. */
export interface Upstream {
  /** `HOST[:PORT]`, the first part of its GUNs, literally as it stands in references. */
  readonly host: string;
  readonly registry: Registry;
  /** Refuses GUNs that were never trusted here, unless it was told to trust on first use. */
  readonly trust: TrustSource;
}

/** All that the proxy needs of a trust client: it reads, and never decides whom to trust. */
export type TrustSource = Pick<TrustClient, 'update'>;

/** Something for each upstream, looked up by namespace. */
export class Upstreams<T extends { readonly host: string }> {
  readonly #first: T;
  readonly #byHost: ReadonlyMap<string, T>;

  /** @throws USAGE on no registry, on an invalid host and on one that is given twice */
  constructor(upstreams: readonly T[]) {
    const [first] = upstreams;
    if (first === undefined)
      throw new DctError('USAGE', { problem: 'the proxy needs at least one registry' });
    for (const { host } of upstreams)
      if (!isRegistryHost(host)) throw new DctError('USAGE', { problem: `"${host}" is not a registry host` });
    this.#first = first;
    this.#byHost = new Map(upstreams.map((upstream) => [upstream.host, upstream]));
    if (this.#byHost.size !== upstreams.length)
      throw new DctError('USAGE', { problem: 'the proxy was given the same registry twice' });
  }

  /**
   * The registry of that name, or the first one for a request that names none. Only configured names are ever answered for, so
   * that no client can aim the proxy at a host of its choice (PX-11).
   * @throws NAMESPACE_UNKNOWN
   */
  choose(name: string | undefined): T {
    if (name === undefined) return this.#first;
    const upstream = this.#byHost.get(name);
    if (upstream === undefined) throw new DctError('NAMESPACE_UNKNOWN', { namespace: name.slice(0, 255) });
    return upstream;
  }
}
