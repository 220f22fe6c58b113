// A client that speaks to the socket itself, and tells complete answers from cut ones as RFC 9112 does.
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  /** Everything that came. */
  readonly text: string;
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  /** True when the framing says that all of the body came. */
  readonly complete: boolean;
}

/** Sends `request` and reads until the connection ends; sends `more` once something has come. */
export function sendRaw(port: number, request: string, more?: string): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request, 'latin1'));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    if (more !== undefined) socket.once('data', () => socket.write(more, 'latin1'));
    // Whether an end is a reset or orderly makes no difference to what came; the framing has to tell.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(readAnswer(Buffer.concat(chunks).toString('latin1'))));
  });
}

/** A GET that asks for the connection to end after the answer. */
export function getRaw(port: number, target: string, version = '1.1', method = 'GET'): Promise<RawAnswer> {
  return sendRaw(port, `${method} ${target} HTTP/${version}\r\nHost: proxy\r\nConnection: close\r\n\r\n`);
}

function readAnswer(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, Math.max(end, 0)).split('\r\n');
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const status = Number(statusLine.split(' ')[1] ?? 0);
  return { text, status, headers, complete: end !== -1 && isComplete(text.slice(end + 4), headers) };
}

/** RFC 9112 6.3: chunked, else a length, else the end of the connection. */
function isComplete(body: string, headers: ReadonlyMap<string, string>): boolean {
  if (headers.get('transfer-encoding') === 'chunked') return body.endsWith('0\r\n\r\n');
  const length = headers.get('content-length');
  return length === undefined || body.length >= Number(length);
}

/** A connection that reads only when told to. */
export function openPaused(port: number, request: string): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', onread: undefined }, () => {
      socket.pause();
      socket.write(request, 'latin1', () => resolve(socket));
    });
  });
}
