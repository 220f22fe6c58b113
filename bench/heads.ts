// HEAD requests over a few connections that stay open, as fast as the answers come.
import { connect } from 'node:net';
import type { Contender } from './contenders.ts';
import { percentile } from './median.ts';

export interface Heads {
  readonly name: string;
  readonly perSecond: number;
  /** Milliseconds that one answer in a hundred takes longer than. */
  readonly slowest: number;
}

const connections = 8;

export async function measureHeads(
  { name, host }: Contender,
  path: string,
  { requests }: { readonly requests: number },
): Promise<Heads> {
  const times: number[] = [];
  // The first ones pay for what everybody after them finds ready.
  await askAgain(host, path, 200, []);
  const started = performance.now();
  const each = requests / connections;
  await Promise.all(Array.from({ length: connections }, () => askAgain(host, path, each, times)));
  return {
    name,
    perSecond: (requests * 1000) / (performance.now() - started),
    slowest: percentile(times, 0.99),
  };
}

/** `count` requests, each after the answer to the one before. @throws when an answer is not 200 */
function askAgain(host: string, path: string, count: number, times: number[]): Promise<void> {
  const [address = '', port = ''] = host.split(':');
  const request = `HEAD ${path} HTTP/1.1\r\nHost: ${host}\r\nAccept: application/vnd.oci.image.manifest.v1+json\r\n\r\n`;
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), address);
    let left = count;
    let asked = performance.now();
    let text = '';
    socket.setNoDelay(true).on('error', reject);
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      if (!text.endsWith('\r\n\r\n')) return;
      times.push(performance.now() - asked);
      if (!text.startsWith('HTTP/1.1 200 '))
        reject(new Error(`${host}${path}: ${text.split('\r\n', 1)[0] ?? ''}`));
      text = '';
      if (--left === 0) {
        socket.end();
        resolve();
        return;
      }
      asked = performance.now();
      socket.write(request);
    });
    socket.write(request);
  });
}
