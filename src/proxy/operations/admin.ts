// The operator's own address: metrics, life and readiness, and nothing else; clients of the proxy never see it (PX-05).
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { printable } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Notices } from '../../base/ports.ts';
import { hasBody } from '../serve/exchange.ts';
import { listen, type Listen } from '../serve/listen.ts';
import type { Health } from './health.ts';

export interface AdminOptions {
  readonly listen: Listen;
  readonly health: Health;
  /** The text for Prometheus. */
  readonly metrics: () => string;
  readonly notices: Pick<Notices, 'warn'>;
}

export interface RunningAdmin {
  readonly url: string;
  close(): Promise<void>;
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** @throws LISTEN_FAILED */
export async function startAdmin(options: AdminOptions): Promise<RunningAdmin> {
  const server = createServer({
    maxHeaderSize: limits.requestHeadBytes,
    headersTimeout: limits.requestHeadMs,
    requestTimeout: limits.requestHeadMs,
    connectionsCheckingInterval: limits.requestHeadMs,
    keepAliveTimeout: limits.keepAliveMs,
  });
  server.maxConnections = limits.adminConnections;
  server.timeout = limits.clientIdleMs;
  server.on('request', (request, response) => answer(options, request, response));
  const url = await listen(server, options.listen, '--admin-listen HOST:PORT');
  // The system tells of a connection that cannot be accepted; without a listener that would end the proxy.
  server.on('error', ({ message }) =>
    options.notices.warn(printable(`cannot accept a connection of the operator: ${message}`)),
  );
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(options: AdminOptions, request: IncomingMessage, response: ServerResponse): void {
  const { status, type, body } = pageFor(options, request);
  const head = {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...(status === 405 && { Allow: 'GET, HEAD' }),
    // Bodies are never read, so nothing may follow one.
    ...(hasBody(request) && { Connection: 'close' }),
  };
  response.writeHead(status, head);
  response.end(request.method === 'HEAD' ? undefined : body);
}

function pageFor({ health, metrics }: AdminOptions, { method, url }: IncomingMessage): Page {
  const text = (status: number, body: string): Page => ({ status, type: 'text/plain; charset=utf-8', body });
  if (method !== 'GET' && method !== 'HEAD') return text(405, 'only GET and HEAD\n');
  switch (url) {
    case '/metrics':
      return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: metrics() };
    case '/healthz':
      return text(200, 'alive\n');
    case '/readyz': {
      const report = health.report();
      const body = `${JSON.stringify(report)}\n`;
      return { status: report.state === 'ready' ? 200 : 503, type: 'application/json', body };
    }
    default:
      return text(404, 'there are /metrics, /healthz and /readyz\n');
  }
}
