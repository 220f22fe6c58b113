// A sandbox handler on a loopback socket: node:http or, with a certificate, node:https.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { SandboxAnswer, SandboxHandler } from './handler.ts';

export interface ListenOptions {
  /** A loopback address: nothing in a sandbox is meant for other machines. */
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** The command line option that chooses the port, for the error when it is taken. */
  readonly option?: string;
  /** PEM certificate and private key; plain HTTP when left out. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Told what a handler rejected with; the client got a 500. */
  readonly onFailure?: (error: unknown) => void;
}

export interface Listening {
  readonly port: number;
  /** No new connections; those that are open are cut. Resolves when the port is free. */
  readonly close: () => Promise<void>;
}

/** @throws LISTEN_FAILED, for example when the port is taken */
export async function listen(handler: SandboxHandler, options: ListenOptions): Promise<Listening> {
  const { tls, host, port, option, onFailure = () => undefined } = options;
  const bounds = { maxHeaderSize: limits.requestHeadBytes, keepAliveTimeout: limits.keepAliveMs };
  // A layer may take longer to arrive than any fixed time; silence is what ends a connection.
  const server = tls === undefined ? createServer(bounds) : createTlsServer({ ...bounds, ...tls });
  server.requestTimeout = 0;
  server.timeout = limits.clientIdleMs;
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    answer(handler, request, response).catch((error: unknown) => {
      // Whoever left in the middle needs no answer; anything else is ours to report.
      if (!request.destroyed || !response.destroyed) onFailure(error);
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { 'Content-Length': 0 }).end();
    });
  };
  server.on('request', serve);
  const bound = await open(server, host, port, option);
  return {
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  handler: SandboxHandler,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, headers, body } = await handler({
    method: request.method ?? '',
    target: request.url ?? '',
    headers: plainHeaders(request),
    body: request,
  });
  response.writeHead(status, lengthened(headers, body));
  if (request.method === 'HEAD' || body === undefined) response.end();
  else if (body instanceof Uint8Array) response.end(body);
  else await pipeline(Readable.from(body, { objectMode: false }), response);
  // What the handler left unread must not be taken for the next request.
  if (!request.complete) request.resume();
}

function plainHeaders({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}

function lengthened(
  headers: SandboxAnswer['headers'],
  body: SandboxAnswer['body'],
): Record<string, string | number> {
  const known = Object.keys(headers).some((name) =>
    ['content-length', 'transfer-encoding'].includes(name.toLowerCase()),
  );
  if (known || (body !== undefined && !(body instanceof Uint8Array))) return headers;
  return { ...headers, 'Content-Length': body?.byteLength ?? 0 };
}

function open(server: Server, host: string, port: number, option: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException): void =>
      reject(
        new DctError(
          'LISTEN_FAILED',
          {
            address: `${host}:${port}`,
            problem: cause.code ?? cause.message,
            ...(option && { option: `${option} N` }),
          },
          cause,
        ),
      );
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
