// A man in the middle with a valid certificate: stands before the real notary-server and may answer in its place.
import { readFile } from 'node:fs/promises';
import { createServer, request as httpsRequest } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Authority, loadCertificate, type ServerCertificate } from './certificates.ts';
import type { NotaryServer } from './notary-server.ts';

export interface GatewayRequest {
  readonly method: string;
  /** Path and query as the client sent them. */
  readonly path: string;
  readonly body: Buffer;
}

export interface GatewayResponse {
  readonly status: number;
  readonly contentType?: string;
  readonly body: Buffer;
}

/** Asks the real server; another path than the client's may be asked for, and another body be sent. */
export type Forward = (path?: string, body?: Buffer) => Promise<GatewayResponse>;

/** Decides what a request gets; undefined cuts the connection without an answer. */
export type Behaviour = (request: GatewayRequest, forward: Forward) => Promise<GatewayResponse | undefined>;

export interface Gateway {
  readonly url: string;
  readonly host: string;
  /** From the next request on. */
  behave(behaviour: Behaviour): void;
  close(): Promise<void>;
}

/** Passes everything on as it is. */
export const honest: Behaviour = (_, forward) => forward();

/** Starts a gateway before `notary`, with the authority's loopback certificate or another one. */
export async function startGateway(
  authority: Authority,
  notary: NotaryServer,
  certificate: ServerCertificate = authority.loopback,
): Promise<Gateway> {
  const ca = await readFile(authority.caFile);
  let behaviour = honest;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readAll(request);
    const { method = 'GET', url = '/', headers } = request;
    const forward: Forward = (path = url, sent = body) =>
      ask(`${notary.url}${path}`, method, headers['content-type'], sent, ca);
    const result = await behaviour({ method, path: url, body }, forward);
    if (result === undefined) {
      request.socket.destroy();
      return;
    }
    response.writeHead(result.status, { 'content-type': result.contentType ?? 'application/octet-stream' });
    response.end(result.body);
  };
  const server = createServer(await loadCertificate(certificate), (request, response) => {
    // Whatever goes wrong behind the gateway is a broken connection to the client before it.
    answer(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `https://${host}`,
    behave: (next) => {
      behaviour = next;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function ask(
  url: string,
  method: string,
  contentType: string | undefined,
  body: Buffer,
  ca: Buffer,
): Promise<GatewayResponse> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers =
      contentType === undefined ? {} : { 'content-type': contentType, 'content-length': body.length };
    httpsRequest(url, { method, headers, ca, agent: false }, resolve).on('error', reject).end(body);
  });
  return {
    status: response.statusCode ?? 502,
    ...(response.headers['content-type'] === undefined
      ? {}
      : { contentType: response.headers['content-type'] }),
    body: await readAll(response),
  };
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
