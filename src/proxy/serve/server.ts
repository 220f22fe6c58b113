// The proxy as a server: node:http with every bound it has, and an end that cuts nobody off without need.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DctError, printable } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { DecisionCounts } from '../operations/decision.ts';
import { createProxyHandler, type ProxyOptions } from '../handler.ts';
import { Pipelines } from './pipelines.ts';

export interface ProxyServerOptions extends ProxyOptions {
  /** Port 0 picks a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly maxConnections?: number;
}

export interface RunningProxy {
  /** `http://HOST:PORT`, with the port that was picked. */
  readonly url: string;
  counts(): DecisionCounts;
  /**
   * Stops: no new connections, and running answers may end within `drainMs`; what still runs then is cut, and so cannot
   * pass for complete (PX-20). Resolves when every connection is closed.
   */
  close(drainMs?: number): Promise<void>;
}

/**
 * Starts the verifying pull proxy.
 * @throws USAGE on bad upstreams; LISTEN_FAILED
 */
export async function startProxy(options: ProxyServerOptions): Promise<RunningProxy> {
  const handler = createProxyHandler(options);
  const pipelines = new Pipelines();
  const server = createServer({
    insecureHTTPParser: false,
    requireHostHeader: true,
    maxHeaderSize: limits.requestHeadBytes,
    headersTimeout: limits.requestHeadMs,
    requestTimeout: limits.requestMs,
    // Both are looked after this often; Node's own 30 s would make the shorter one as long.
    connectionsCheckingInterval: limits.requestHeadMs / 2,
    keepAliveTimeout: limits.keepAliveMs,
    noDelay: true,
  });
  server.maxConnections = options.maxConnections ?? limits.clientConnections;
  // A client that neither sends nor takes anything for this long is gone (PX-07, PX-08).
  server.timeout = limits.clientIdleMs;

  let closing = false;
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    if (closing) response.setHeader('Connection', 'close');
    // Left alone, a connection that went idle after the server was closed would stay until its time-out.
    response.once('close', () => closing && server.closeIdleConnections());
    if (isAmbiguous(request)) {
      response.writeHead(400, { Connection: 'close', 'Content-Length': 0 }).end();
      return;
    }
    pipelines.run(request, () => handler.handle(request, response));
  };
  server.on('request', serve);
  // Answered like any request with a body: at once, and without inviting the body (PX-06, PX-10).
  server.on('checkContinue', serve);
  server.on('connect', (_request, socket) => socket.end(tunnelRefusal));

  const url = await listen(server, options.listen);
  // For example no file descriptor left for one more connection: those that there are go on.
  server.on('error', (error) =>
    options.notices.warn(printable(`cannot accept a connection: ${error.message}`)),
  );
  return {
    url,
    counts: () => handler.counts(),
    close(drainMs = 10_000) {
      closing = true;
      return new Promise((resolve) => {
        const deadline = setTimeout(() => server.closeAllConnections(), drainMs);
        server.close(() => {
          clearTimeout(deadline);
          resolve();
        });
      });
    },
  };
}

const tunnelText = 'CONNECT is refused: nothing in a tunnel could be verified\n';
/** An engine that may speak plain HTTP to its registry then does so, in absolute-form (ADR 0015). */
const tunnelRefusal = [
  'HTTP/1.1 405 Method Not Allowed',
  'Allow: GET, HEAD',
  'Content-Type: text/plain',
  `Content-Length: ${tunnelText.length}`,
  'Connection: close',
  '',
  tunnelText,
].join('\r\n');

/**
 * What Node lets pass, but a server in front of us may have read differently: of two Hosts Node keeps the first (PX-02),
 * and an unknown transfer coding it takes for one that ends with the connection (PX-01, RFC 9112 6.1).
 */
function isAmbiguous({ rawHeaders, headers }: IncomingMessage): boolean {
  const hosts = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host');
  return hosts.length > 1 || (headers['transfer-encoding'] ?? 'chunked').toLowerCase() !== 'chunked';
}

function listen(server: Server, { host, port }: ProxyServerOptions['listen']): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new DctError(
          'LISTEN_FAILED',
          { address: `${bracketed(host)}:${port}`, problem: cause.code ?? cause.message },
          cause,
        ),
      ),
    );
    server.listen(port, host, () => {
      const address = server.address() as AddressInfo;
      server.removeAllListeners('error');
      resolve(`http://${bracketed(host)}:${address.port}`);
    });
  });
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
