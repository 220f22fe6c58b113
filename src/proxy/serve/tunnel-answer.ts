// Answers to CONNECT, which Node leaves to us to write.
import type { Duplex } from 'node:stream';
import { printable, type DctError } from '../../base/errors.ts';
import { errorAnswer } from '../error-answer.ts';

/** RFC 9110 9.3.6: no body, and no field that would announce one. */
export function acceptTunnel(socket: Duplex): void {
  socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
}

/**
 * Refuses, and ends the connection. The reason is the reason phrase too, because that is all that Docker, containerd and
 * Podman show of a refused tunnel.
 */
export function refuseTunnel(socket: Duplex, error: DctError): void {
  // RFC 9110 15.5.8: who asks a proxy for a tunnel is not known to the proxy.
  const status = error.code === 'CLIENT_UNKNOWN' ? 407 : errorAnswer(error).status;
  const reason = phrase(error.message);
  const body = `${reason}\n`;
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    ...(status === 405 ? ['Allow: GET, HEAD'] : []),
    ...(status === 407 ? ['Proxy-Authenticate: Basic realm="dct"'] : []),
    'Content-Type: text/plain',
    `Content-Length: ${body.length}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** PX-17: one line of visible ASCII (RFC 9112 4). */
function phrase(message: string): string {
  return printable(message)
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 300);
}
