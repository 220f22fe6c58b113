// Local servers that answer exactly what a test scripts, down to single bytes on the wire.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createRawServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What a scripted server heard, in order. */
export interface Heard {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface HostileServer {
  readonly port: number;
  /** `127.0.0.1:PORT`, as in a reference. */
  readonly host: string;
  readonly origin: string;
  readonly heard: Heard[];
  url(path: string): URL;
  /** Drops every connection and stops listening. */
  close(): Promise<void>;
}

/** Answers one request; `heard` is that request with its body read. */
export type Answer = (response: ServerResponse, heard: Heard) => void;

/** A static answer for `serve`. */
export function reply(
  status: number,
  headers: Record<string, string | string[]>,
  body: string | Uint8Array = '',
): Answer {
  return (response) => {
    response.writeHead(status, headers);
    response.end(body);
  };
}

/** A server over node:http, or https when a key and certificate are given; well-formed framing, any content. */
export async function serve(answer: Answer, tls?: { key: string; cert: string }): Promise<HostileServer> {
  const heard: Heard[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      const item = { method, path, headers, body: Buffer.concat(parts).toString() };
      heard.push(item);
      answer(response, item);
    });
  };
  return listen(tls ? createTlsServer(tls, listener) : createServer(listener), heard, tls ? 'https' : 'http');
}

/** Answers with raw bytes: called once a whole request head has arrived, as often as heads arrive. */
export type RawAnswer = (socket: Socket, head: string) => void;

/** A server that speaks whatever bytes the script writes: framing attacks, early ends, silence. */
export async function serveRaw(answer: RawAnswer): Promise<HostileServer> {
  const heard: Heard[] = [];
  const server = createRawServer((socket) => {
    let received = '';
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      // A TLS handshake record gets what every plain HTTP server says to it.
      if (received === '' && bytes[0] === 0x16) {
        socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
        return;
      }
      received += bytes.toString('latin1');
      for (let end = received.indexOf('\r\n\r\n'); end !== -1; end = received.indexOf('\r\n\r\n')) {
        const head = received.slice(0, end);
        received = received.slice(end + 4);
        const [method = '', path = ''] = head.split(' ');
        heard.push({ method, path, headers: {}, body: '' });
        answer(socket, head);
      }
    });
  });
  return listen(server, heard, 'http');
}

/** A raw answer that is always these bytes; the connection is then ended, reset, or left open. */
export function bytes(text: string | Uint8Array, then: 'end' | 'reset' | 'stay' = 'end'): RawAnswer {
  return (socket) => {
    socket.write(text, () => {
      if (then === 'end') socket.end();
      if (then === 'reset') socket.resetAndDestroy();
    });
  };
}

/** Accepts connections and never says a word. */
export async function serveSilence(): Promise<HostileServer> {
  return listen(
    createRawServer((socket) => socket.on('error', () => socket.destroy())),
    [],
    'http',
  );
}

async function listen(server: Server, heard: Heard[], scheme: 'http' | 'https'): Promise<HostileServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const host = `127.0.0.1:${port}`;
  const origin = `${scheme}://${host}`;
  return {
    port,
    host,
    origin,
    heard,
    url: (path) => new URL(path, origin),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
