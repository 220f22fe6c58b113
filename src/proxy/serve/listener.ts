// The server that clients connect to: node:http, or node:https, with every bound that either has.
import { createServer as createHttp, type Server, type ServerOptions } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { limits } from '../../base/limits.ts';
import type { Admission } from './admission.ts';
import type { ServeBounds } from './bounds.ts';
import type { TlsIdentity } from './tls-identity.ts';

export interface Listener {
  readonly server: Server;
  readonly scheme: 'http' | 'https';
  /** Takes a connection that was made in another way as if it had come in here, TLS already done. */
  accept(socket: TLSSocket): void;
  /** Cuts every connection, also those that are not HTTP yet, or not any more. */
  cut(): void;
}

/** Builds the server without its address. Connections that there is no room for are closed before a byte is read. */
export function createListener(
  bounds: ServeBounds,
  admission: Admission,
  identity: TlsIdentity | undefined,
): Listener {
  const options: ServerOptions = {
    insecureHTTPParser: false,
    requireHostHeader: true,
    maxHeaderSize: limits.requestHeadBytes,
    headersTimeout: bounds.headMs,
    requestTimeout: bounds.requestMs,
    // Both are looked after this often; Node's own 30 s would make the shorter one as long.
    connectionsCheckingInterval: Math.ceil(bounds.headMs / 2),
    keepAliveTimeout: bounds.keepAliveMs,
    noDelay: true,
  };
  const server =
    identity === undefined
      ? createHttp(options)
      : createHttps({ ...options, ...identity.options(), handshakeTimeout: limits.clientHandshakeMs });
  if (identity !== undefined && 'setSecureContext' in server)
    identity.onChange((material) => server.setSecureContext(material));
  // A client that neither sends nor takes anything for this long is gone (PX-07, PX-08).
  server.timeout = bounds.idleMs;
  const connections = admitConnections(server, admission);
  return {
    server,
    scheme: identity === undefined ? 'http' : 'https',
    accept: (socket) => void server.emit(identity === undefined ? 'connection' : 'secureConnection', socket),
    cut: () => {
      server.closeAllConnections();
      for (const socket of connections) socket.destroy();
    },
  };
}

/**
 * Stands before Node's own listener, which would begin to read, or begin a TLS handshake.
 * @returns those that are open
 */
function admitConnections(server: Server, admission: Admission): ReadonlySet<Socket> {
  const admitted = new Set<Socket>();
  const begin = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    // What comes out of a tunnel was counted when the tunnel was.
    if (!('encrypted' in socket)) {
      if (!admission.connect(socket)) {
        socket.destroy();
        return;
      }
      admitted.add(socket);
      socket.once('close', () => admitted.delete(socket));
    }
    for (const listener of begin) listener.call(server, socket);
  });
  return admitted;
}
