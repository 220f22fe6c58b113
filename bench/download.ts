// A client that costs little: reads a response from a bare socket into one buffer, again and again.
import { connect } from 'node:net';

/** Bytes of the response (head included) and the seconds that they took. */
export interface Download {
  readonly bytes: number;
  readonly seconds: number;
}

/** Requests `path` once and reads until the server closes the connection, which must be in order. @throws when the status is not 200 */
export function download(host: string, path: string, bufferBytes = 1024 * 1024): Promise<Download> {
  const [name = '', port = ''] = host.split(':');
  return new Promise((resolve, reject) => {
    const started = performance.now();
    let bytes = 0;
    const socket = connect({
      host: name,
      port: Number(port),
      onread: {
        buffer: Buffer.allocUnsafe(bufferBytes),
        callback: (length, buffer) => {
          if (bytes === 0) {
            const head = Buffer.from(buffer.subarray(0, length)).toString('latin1');
            if (!head.startsWith('HTTP/1.1 200 ')) {
              reject(new Error(`${host}${path}: ${head.split('\r\n', 1)[0] ?? ''}`));
              socket.destroy();
            }
          }
          bytes += length;
          return true;
        },
      },
    });
    socket.on('error', reject);
    socket.on('close', () => {
      resolve({ bytes, seconds: (performance.now() - started) / 1000 });
    });
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  });
}
