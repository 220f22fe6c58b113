// A client on a bare socket, which judges the framing of a response by hand (RFC 9112 6): was the body complete?
import { connect } from 'node:net';

export interface RawResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** The body received so far, without chunk framing. */
  readonly body: Buffer;
  /**
   * True when a client has to take the body for whole: all of Content-Length, the last chunk, or, where neither
   * announces a length, an orderly end of the connection.
   */
  readonly complete: boolean;
}

/**
 * Sends one GET on a connection of its own and reads until the other side is done. `midway` runs once the first bytes
 * of the answer have come, and nothing more is read before it is done.
 */
export async function rawGet(host: string, path: string, midway?: () => Promise<void>): Promise<RawResponse> {
  const request = [`GET ${path} HTTP/1.1`, `Host: ${host}`, 'Connection: close', '', ''].join('\r\n');
  const { bytes, orderly } = await exchange(host, request, midway);
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return { status: 0, headers: new Map(), body: Buffer.alloc(0), complete: false };
  const [statusLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const fields = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const rest = bytes.subarray(end + 4);
  return { status: Number(statusLine.split(' ')[1]), headers: fields, ...readBody(fields, rest, orderly) };
}

function readBody(
  headers: ReadonlyMap<string, string>,
  rest: Buffer,
  orderly: boolean,
): Pick<RawResponse, 'body' | 'complete'> {
  if (headers.get('transfer-encoding') === 'chunked') return readChunks(rest);
  const length = headers.get('content-length');
  return { body: rest, complete: length === undefined ? orderly : rest.length === Number(length) };
}

function readChunks(rest: Buffer): Pick<RawResponse, 'body' | 'complete'> {
  const pieces: Buffer[] = [];
  let offset = 0;
  for (;;) {
    const lineEnd = rest.indexOf('\r\n', offset);
    if (lineEnd < 0) return { body: Buffer.concat(pieces), complete: false };
    const size = Number.parseInt(rest.subarray(offset, lineEnd).toString('latin1'), 16);
    if (size === 0) return { body: Buffer.concat(pieces), complete: rest.length >= lineEnd + 4 };
    pieces.push(rest.subarray(lineEnd + 2, lineEnd + 2 + size));
    offset = lineEnd + 2 + size + 2;
    if (offset > rest.length) return { body: Buffer.concat(pieces), complete: false };
  }
}

/** Everything the other side sends; `orderly` is false when it reset the connection instead of ending it. */
function exchange(
  host: string,
  request: string,
  midway?: () => Promise<void>,
): Promise<{ bytes: Buffer; orderly: boolean }> {
  const [name = '', port = ''] = host.split(':');
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), name, () => socket.write(request));
    socket.on('data', (chunk) => chunks.push(chunk));
    if (midway !== undefined) {
      socket.once('data', () => {
        socket.pause();
        midway().then(() => socket.resume(), reject);
      });
    }
    socket.on('error', () => undefined);
    socket.on('close', (hadError) => {
      resolve({ bytes: Buffer.concat(chunks), orderly: !hadError });
    });
  });
}
