// TCP between the proxy and a server, with faults: connections that break or stand still, answers of 503, and outages.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What happens to one answer, or to one connection where answers cannot be told apart. `after` counts its bytes. */
export type Fault =
  | { readonly kind: 'none' }
  | { readonly kind: 'reset'; readonly after: number }
  | { readonly kind: 'stall'; readonly after: number; readonly ms: number }
  | { readonly kind: 'unavailable' };

/** `refused`: every connection is reset at once. `silent`: nothing is passed on, and nobody is told. */
export type Outage = 'refused' | 'silent';

export interface FaultyLine {
  readonly port: number;
  /** Faults so far, by kind. */
  readonly faults: ReadonlyMap<string, number>;
  /** Begins an outage, or ends it with undefined; then connections that waited in silence break. */
  suffer(outage: Outage | undefined): void;
  close(): Promise<void>;
}

export interface LineOptions {
  readonly targetPort: number;
  /** Asked at each connection, and for plain HTTP at each request. */
  readonly plan: () => Fault;
  readonly plainHttp: boolean;
}

const unavailable =
  'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 0\r\nConnection: close\r\n\r\n';

export async function openFaultyLine({ targetPort, plan, plainHttp }: LineOptions): Promise<FaultyLine> {
  const faults = new Map<string, number>();
  const count = (kind: string): void => void faults.set(kind, (faults.get(kind) ?? 0) + 1);
  const open = new Set<Socket>();
  let outage: Outage | undefined;

  const carry = (client: Socket): void => {
    if (outage === 'refused') {
      client.resetAndDestroy();
      return;
    }
    const server = connect(targetPort, '127.0.0.1');
    let fault = plan();
    let passed = 0;
    let stalled: NodeJS.Timeout | undefined;
    const end = (how: 'destroy' | 'resetAndDestroy'): void => {
      clearTimeout(stalled);
      open.delete(client);
      client[how]();
      server.destroy();
    };
    open.add(client);
    client.setNoDelay(true);
    server.setNoDelay(true);
    client.on('data', (bytes) => {
      if (outage === 'silent') return;
      // The proxy asks without bodies and one after the other, so a request begins where a piece does.
      if (plainHttp) {
        fault = plan();
        passed = 0;
        if (fault.kind === 'unavailable') {
          count('503');
          client.end(unavailable);
          return;
        }
      }
      server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (outage === 'silent') return;
      const before = passed;
      passed += bytes.length;
      const isDue = (fault.kind === 'reset' || fault.kind === 'stall') && passed > fault.after;
      if (isDue && fault.kind === 'reset') {
        count('reset');
        // Given to the kernel first, because a reset takes back what was not sent yet.
        client.write(bytes.subarray(0, fault.after - before), () => end('resetAndDestroy'));
        fault = { kind: 'none' };
        server.pause();
        return;
      }
      const isFull = !client.write(bytes);
      if (isDue && fault.kind === 'stall') {
        count('stall');
        server.pause();
        stalled = setTimeout(() => {
          stalled = undefined;
          server.resume();
        }, fault.ms);
        fault = { kind: 'none' };
      } else if (isFull) server.pause();
    });
    client.on('drain', () => {
      if (stalled === undefined) server.resume();
    });
    client.on('end', () => server.end());
    server.on('end', () => client.end());
    client.on('error', () => end('destroy')).on('close', () => end('destroy'));
    server.on('error', () => end('resetAndDestroy'));
  };

  const listener = createServer({ allowHalfOpen: true }, carry);
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const breakAll = (): void => {
    for (const client of open) client.resetAndDestroy();
    open.clear();
  };
  return {
    port: (listener.address() as AddressInfo).port,
    faults,
    suffer: (next) => {
      const before = outage;
      outage = next;
      if (next !== undefined) count(`outage, ${next}`);
      if (next === 'refused' || before === 'silent') breakAll();
    },
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        breakAll();
      }),
  };
}
