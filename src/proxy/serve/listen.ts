// From an address to a listening server, or to an error that says why not.
import type { AddressInfo, Server } from 'node:net';
import { DctError } from '../../base/errors.ts';

export interface Listen {
  /** A name or an address, without the brackets of IPv6. */
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
}

/**
 * Begins to listen, and answers the URL with the port that was picked.
 * @param option how the address is chosen, for the error
 * @throws LISTEN_FAILED
 */
export function listen(
  server: Server,
  { host, port }: Listen,
  option?: string,
  scheme: 'http' | 'https' = 'http',
): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException): void => {
      const facts = { address: `${bracketed(host)}:${port}`, problem: cause.code ?? cause.message };
      reject(new DctError('LISTEN_FAILED', { ...facts, ...(option !== undefined && { option }) }, cause));
    };
    server.once('error', fail);
    server.listen(port, host, () => {
      const address = server.address() as AddressInfo;
      server.removeListener('error', fail);
      resolve(`${scheme}://${bracketed(host)}:${address.port}`);
    });
  });
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
