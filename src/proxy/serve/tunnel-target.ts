// What a CONNECT asks for: a registry that is served here, another host that may be reached unseen, or nothing.
import { DctError } from '../../base/errors.ts';
import { isRegistryHost } from '../../base/reference.ts';
import type { Reach } from '../../base/ports.ts';

/** The registry that all requests inside of an opened tunnel are for. */
export interface TunnelOrigin {
  /** As it is configured, and stands in GUNs. */
  readonly registry: string;
  /** As the client called it, in lower case and without port; an IPv6 address in brackets. */
  readonly host: string;
  readonly port: number;
  /** The name by which the client was let in, where clients have to have one. */
  readonly user?: string | undefined;
}

export interface Passage {
  readonly host: string;
  readonly port: number;
  /** How far inwards the connection may go; anywhere for hosts that the operator named. */
  readonly reach?: Reach;
}

export type TunnelTarget = { readonly origin: TunnelOrigin } | { readonly passage: Passage };

/** Which other hosts may be reached through the proxy, unseen. */
export interface PassageRules {
  /** `HOST[:PORT]` each, wherever they are; port 443 when left out. */
  readonly hosts: readonly string[];
  /** Any other host at a public address, on port 443. */
  readonly others: boolean;
}

const tlsPort = 443;
/** The hosts that Docker Hub's images are pulled from. */
const hubHosts = ['registry-1.docker.io', 'index.docker.io'];

/** All that clients may call these registries in a CONNECT, without ports. */
export function tunnelHosts(registries: readonly string[]): readonly string[] {
  return [...new Set(registries.flatMap(namesOf).map((name) => splitAuthority(name).host))];
}

function namesOf(registry: string): readonly string[] {
  return registry === 'docker.io' ? [registry, ...hubHosts] : [registry];
}

export class TunnelTargets {
  readonly #registries = new Map<string, string>();
  readonly #registryHosts = new Set<string>();
  readonly #hosts: ReadonlySet<string>;
  readonly #others: boolean;

  /**
   * @param registries `HOST[:PORT]` each, as they are configured
   * @throws USAGE when two registries cannot be told apart, or one of them would be reached unseen
   */
  constructor(registries: readonly string[], { hosts, others }: PassageRules) {
    for (const registry of registries) {
      for (const name of namesOf(registry)) {
        const { host, port } = splitAuthority(name);
        const key = `${host}:${port}`;
        const twin = this.#registries.get(key);
        if (twin !== undefined)
          throw new DctError('USAGE', {
            problem: `"${twin}" and "${registry}" are one registry in a tunnel`,
          });
        this.#registries.set(key, registry);
        this.#registryHosts.add(host);
      }
    }
    this.#hosts = new Set(
      hosts.map((name) => {
        const { host, port } = splitAuthority(name);
        if (!isRegistryHost(name) || this.#registryHosts.has(host))
          throw new DctError('USAGE', { problem: `"${name}" cannot be reached unseen` });
        return `${host}:${port}`;
      }),
    );
    this.#others = others;
  }

  /**
   * Reads an authority-form target (RFC 9112 3.2.3).
   * @throws REQUEST_TARGET_INVALID, TUNNEL_REFUSED
   */
  find(target: string, hostHeader: string | undefined): TunnelTarget {
    if (!isRegistryHost(target) || !/:\d+$/.test(target))
      throw new DctError('REQUEST_TARGET_INVALID', { problem: 'it is not HOST:PORT' });
    // PX-02: whatever stands before this proxy may look at either.
    if (hostHeader !== undefined && hostHeader.toLowerCase() !== target.toLowerCase())
      throw new DctError('REQUEST_TARGET_INVALID', { problem: 'its host is not the one of the Host header' });
    const { host, port } = splitAuthority(target);
    const registry = this.#registries.get(`${host}:${port}`);
    if (registry !== undefined) return { origin: { registry, host, port } };
    if (this.#hosts.has(`${host}:${port}`)) return { passage: { host, port } };
    // Another port of a registry's host may well be the same registry.
    if (this.#others && port === tlsPort && !this.#registryHosts.has(host))
      return { passage: { host, port, reach: 'public' } };
    throw new DctError('TUNNEL_REFUSED', {
      target: `${host}:${port}`,
      problem: 'this proxy is not configured for that host',
    });
  }
}

/** True when a `Host` header names the host of the tunnel; the port may be left out when it is the usual one. */
export function namesOrigin(hostHeader: string | undefined, origin: TunnelOrigin): boolean {
  if (hostHeader === undefined || !isRegistryHost(hostHeader)) return false;
  const { host, port } = splitAuthority(hostHeader);
  return host === origin.host && port === origin.port;
}

/** The host in lower case: names of hosts do not tell cases apart (RFC 9110 4.2.3). */
function splitAuthority(authority: string): { readonly host: string; readonly port: number } {
  const [, host = '', port] = /^(.*?)(?::(\d+))?$/.exec(authority) ?? [];
  return { host: host.toLowerCase(), port: port === undefined ? tlsPort : Number(port) };
}
