// Requests that are none: answered once if that is still possible, told, and the connection ended (PX-01, PX-07).
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { DctError } from '../../base/errors.ts';
import { errorAnswer } from '../error-answer.ts';

/** What Node's parser and its time-outs report. */
interface ParserError extends Error {
  readonly code?: string;
  readonly reason?: string;
}

const statuses: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

export interface Malformed {
  readonly status: number;
  readonly error: DctError<'REQUEST_MALFORMED'>;
}

/**
 * What a failed connection means; undefined when nobody asked for anything: a client that went away, or a TLS handshake
 * that came to nothing.
 */
export function malformed(error: ParserError): Malformed | undefined {
  const { code = '', reason } = error;
  const status = statuses[code] ?? (code.startsWith('HPE_') ? 400 : undefined);
  if (status === undefined) return undefined;
  // The parser's reasons are fixed sentences: nothing of the request is in them.
  const problem = status === 408 ? 'it did not come in time' : (reason ?? code);
  return { status, error: new DctError('REQUEST_MALFORMED', { problem }, error) };
}

/** Writes the answer to the bare socket, which then ends. */
export function refuseRaw(socket: Duplex, { status, error }: Malformed): void {
  const { headers, body } = errorAnswer(error);
  const head = Object.entries({ ...headers, 'Content-Length': body.byteLength, Connection: 'close' });
  const lines = head.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines}\r\n`);
  socket.end(body, () => socket.destroy());
}

/**
 * What Node lets pass, but a server in front of us may have read differently: of two Hosts Node keeps the first (PX-02),
 * and an unknown transfer coding it takes for one that ends with the connection (PX-01, RFC 9112 6.1).
 */
export function ambiguity({ rawHeaders, headers }: IncomingMessage): DctError | undefined {
  const hosts = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host');
  if (hosts.length > 1) return new DctError('REQUEST_MALFORMED', { problem: 'it has more than one Host' });
  if ((headers['transfer-encoding'] ?? 'chunked').toLowerCase() !== 'chunked')
    return new DctError('REQUEST_MALFORMED', { problem: 'its transfer coding is not chunked' });
  return undefined;
}
