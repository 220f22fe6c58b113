// The real transport: undici with one connection pool for an origin, system roots plus a given CA, and forward proxies.
import { rootCertificates, createSecureContext, type SecureContext } from 'node:tls';
import { Pool, ProxyAgent, type Dispatcher } from 'undici';
import { DctError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { HttpRequest, HttpResponse, Reach, Transport } from '../base/ports.ts';
import { addressKind, bareHost, confinedLookup, outOfReach, within } from './address.ts';
import { exchange, type Deadlines } from './exchange.ts';
import { proxyFor, type Environment } from './proxy-choice.ts';

export interface TransportOptions {
  /** PEM certificates that are trusted besides the system's, as Docker does. */
  readonly ca?: string | Uint8Array;
  /** PEM client certificate and its key, shown to servers that ask for one. */
  readonly clientCert?: string | Uint8Array;
  readonly clientKey?: string | Uint8Array;
  /** Where HTTP_PROXY, HTTPS_PROXY and NO_PROXY are read from; nothing by default. */
  readonly env?: Environment;
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
  const dispatchers = new Map<string, Dispatcher>();

  const connectOptions = (reach: Reach | undefined) => ({
    timeout: deadlines.connectMs,
    ...(secureContext && { secureContext }),
    ...(reach && { lookup: confinedLookup(reach) }),
  });

  const dispatcherFor = (url: URL, reach: Reach | undefined): Dispatcher => {
    const key = `${url.origin} ${reach ?? ''}`;
    let dispatcher = dispatchers.get(key);
    if (dispatcher === undefined) {
      const proxy = proxyFor(url, options.env ?? {});
      dispatcher =
        proxy === undefined
          ? new Pool(url.origin, { connect: connectOptions(reach), maxHeaderSize: limits.headerBytes })
          : new ProxyAgent({
              uri: proxy.href,
              proxyTunnel: false,
              requestTls: connectOptions(undefined),
              proxyTls: connectOptions(undefined),
              maxHeaderSize: limits.headerBytes,
            });
      dispatchers.set(key, dispatcher);
    }
    return dispatcher;
  };

  const send = async (request: HttpRequest): Promise<HttpResponse> => {
    const { url, reach } = request;
    // Sockets resolve names only; an address written out has to be judged here.
    if (reach !== undefined && !within(addressKind(bareHost(url)), reach)) throw outOfReach(url.origin);
    return exchange(dispatcherFor(url, reach), request, deadlines);
  };

  return Object.assign(send, {
    async close(): Promise<void> {
      const open = [...dispatchers.values()];
      dispatchers.clear();
      await Promise.all(open.map((dispatcher) => dispatcher.destroy()));
    },
  });
}

/** Undefined when nothing was given: then Node's own defaults hold, with whatever NODE_EXTRA_CA_CERTS adds. */
function tlsMaterial(options: TransportOptions): SecureContext | undefined {
  const { ca, clientCert, clientKey } = options;
  if (ca === undefined && clientCert === undefined && clientKey === undefined) return undefined;
  const pem = (bytes: string | Uint8Array): string => Buffer.from(bytes).toString('latin1');
  try {
    return createSecureContext({
      ...(ca && { ca: [...rootCertificates, pem(ca)] }),
      ...(clientCert && { cert: pem(clientCert) }),
      ...(clientKey && { key: pem(clientKey) }),
    });
  } catch (error) {
    const facts = {
      file: 'TLS certificates',
      path: ca ? 'CA, client certificate or key' : 'client certificate or key',
    };
    throw new DctError('CONFIG_INVALID', { ...facts, problem: 'they cannot be read as PEM' }, error);
  }
}
