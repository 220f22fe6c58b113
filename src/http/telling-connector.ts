// TLS sockets that tell why the server ended them: undici's error says only that it did.
import type { buildConnector } from 'undici';
import { preparing } from './prepared-connector.ts';

/**
 * The same connector. With TLS 1.3 the server judges our certificate after we have connected (RFC 8446 4.4.2.4), so its
 * alert comes first and the end of the connection next, which undici reports; the alert becomes the cause of that.
 */
export function telling(connect: buildConnector.connector): buildConnector.connector {
  return preparing(connect, (socket) => {
    socket.once('error', (alert: Error) => {
      socket.once('error', (end: Error) => (end.cause ??= alert));
    });
  });
}
