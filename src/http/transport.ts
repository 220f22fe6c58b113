// The real transport: undici with one connection pool for an origin, system roots plus a given CA, and forward proxies.
import { X509Certificate } from 'node:crypto';
import { rootCertificates, createSecureContext, type SecureContext } from 'node:tls';
import { toBase64, utf8 } from '../base/bytes.ts';
import { DctError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { HttpRequest, HttpResponse, Reach, Transport } from '../base/ports.ts';
import { sharedMemory } from '../base/shared-memory.ts';
import { addressKind, bareHost, confinedLookup, outOfReach, within } from './address.ts';
import { exchange, type Deadlines, type Route } from './exchange.ts';
import { safelyEnding } from './ending-connector.ts';
import { proxyFor, type Environment } from './proxy-choice.ts';
import { ownMemory } from './prepared-connector.ts';
import { readingConnector } from './reading-connector.ts';
import { telling } from './telling-connector.ts';
import { tlsReadingConnector } from './tls-reading-connector.ts';
import { loadProxyAgent, Pool, type PoolOptions } from './undici.ts';

export interface TransportOptions {
  /** PEM certificates that are trusted besides the system's, as Docker does. */
  readonly ca?: string | Uint8Array;
  /** PEM client certificate and its key, shown to servers that ask for one. */
  readonly clientCert?: string | Uint8Array;
  readonly clientKey?: string | Uint8Array;
  /** Where HTTP_PROXY, HTTPS_PROXY and NO_PROXY are read from; nothing by default. */
  readonly env?: Environment;
  /** Whether other threads are to read bodies where they were read into. */
  readonly shares?: boolean;
  /** Shorter deadlines than those of the table of limits. */
  readonly deadlines?: Partial<Deadlines>;
}

export type ClosableTransport = Transport & {
  /** Breaks every open connection and frees the pools. */
  close(): Promise<void>;
};

/**
 * A transport over real sockets. It asks for identity encoding and refuses anything else, follows no redirect, and bounds
 * heads and waiting times. Certificates are always verified; there is no switch to turn that off.
 * @throws CONFIG_INVALID when the TLS material cannot be read
 */
export function createTransport(options: TransportOptions = {}): ClosableTransport {
  const secureContext = tlsMaterial(options);
  const deadlines: Deadlines = {
    connectMs: limits.connectMs,
    headMs: limits.headMs,
    idleMs: limits.blobIdleMs,
    ...options.deadlines,
  };
  const routes = new Map<string, Promise<Route>>();

  const connectOptions = (reach?: Reach) => ({
    timeout: deadlines.connectMs,
    ...(secureContext && { secureContext }),
    ...(reach && { lookup: confinedLookup(reach) }),
  });

  const memory = options.shares === true ? sharedMemory : ownMemory;
  const maxHeaderSize = limits.headerBytes;
  const openPool = (origin: URL, reach?: Reach): Pick<Route, 'dispatcher' | 'reusesBuffer'> => {
    const options = connectOptions(reach);
    const connect =
      origin.protocol === 'http:'
        ? readingConnector(options, memory)
        : telling(tlsReadingConnector(options, memory));
    return {
      dispatcher: new Pool(origin.origin, { connect: safelyEnding(connect), maxHeaderSize }),
      reusesBuffer: true,
    };
  };

  const openRoute = async (url: URL, reach: Reach | undefined): Promise<Route> => {
    const proxy = proxyFor(url, options.env ?? {});
    if (proxy === undefined) return openPool(url, reach);
    if (url.protocol === 'http:') {
      return { ...openPool(proxy), proxyHeaders: { host: url.host, ...proxyAuthorization(proxy) } };
    }
    const tls = { requestTls: connectOptions(), proxyTls: connectOptions() };
    const ProxyAgent = await loadProxyAgent();
    const dispatcher = new ProxyAgent({ uri: proxy.href, ...tls, maxHeaderSize, factory: tellingPool });
    return { dispatcher, reusesBuffer: false };
  };

  const routeTo = (url: URL, reach: Reach | undefined): Promise<Route> => {
    const key = `${url.origin} ${reach ?? ''}`;
    const known = routes.get(key);
    // The last in the map is the one that was used last.
    routes.delete(key);
    const route = known ?? openRoute(url, reach);
    routes.set(key, route);
    if (known !== undefined) return known;
    route.catch(() => routes.delete(key));
    for (const oldest of routes.keys()) {
      if (routes.size <= limits.origins) break;
      void leave(routes.get(oldest));
      routes.delete(oldest);
    }
    return route;
  };

  /** What is under way there is brought to its end. */
  const leave = async (route: Promise<Route> | undefined): Promise<void> => {
    const opened = await route?.catch(() => undefined);
    await opened?.dispatcher.close();
  };

  const send = async (request: HttpRequest): Promise<HttpResponse> => {
    const { url, reach } = request;
    // Sockets resolve names only; an address written out has to be judged here.
    if (reach !== undefined && !within(addressKind(bareHost(url)), reach)) throw outOfReach(url.origin);
    const route = await routeTo(url, reach);
    const response = await exchange(route, request, deadlines);
    if (response.status !== 407 || route.proxyHeaders === undefined) return response;
    response.body.cancel();
    throw new DctError('UNREACHABLE', {
      origin: url.origin,
      problem: 'the forward proxy refused our credentials',
    });
  };

  return Object.assign(send, {
    async close(): Promise<void> {
      const open = await Promise.allSettled(routes.values());
      routes.clear();
      const opened = open.filter((route) => route.status === 'fulfilled');
      await Promise.all(opened.map(({ value }) => value.dispatcher.destroy()));
    },
  });
}

/** Pools of connections inside a proxy's tunnels. */
function tellingPool(origin: URL | string, options: PoolOptions & { connect?: unknown }): Pool {
  const { connect } = options;
  // An agent that tunnels always connects by a function of its own.
  return typeof connect === 'function'
    ? new Pool(origin, { ...options, connect: safelyEnding(telling(connect)) })
    : new Pool(origin, options);
}

/** RFC 9110 11.7.2 with the user and password that stand in the proxy's address. */
function proxyAuthorization(proxy: URL): Record<string, string> {
  if (proxy.username === '') return {};
  const login = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${toBase64(utf8(login))}` };
}

/** Undefined when nothing was given: then Node's own defaults hold, with whatever NODE_EXTRA_CA_CERTS adds. */
function tlsMaterial(options: TransportOptions): SecureContext | undefined {
  const { ca, clientCert, clientKey } = options;
  if (ca === undefined && clientCert === undefined && clientKey === undefined) return undefined;
  const pem = (bytes: string | Uint8Array): string => Buffer.from(bytes).toString('latin1');
  try {
    // OpenSSL ignores what is not PEM among authorities, and trust would quietly be smaller than asked for.
    if (ca !== undefined) new X509Certificate(pem(ca));
    return createSecureContext({
      ...(ca && { ca: [...rootCertificates, pem(ca)] }),
      ...(clientCert && { cert: pem(clientCert) }),
      ...(clientKey && { key: pem(clientKey) }),
    });
  } catch (error) {
    const facts = { file: 'TLS certificates', path: 'CA, client certificate or client key' };
    throw new DctError('CONFIG_INVALID', { ...facts, problem: 'they cannot be read as PEM' }, error);
  }
}
