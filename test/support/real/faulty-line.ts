// A line to a server that fails when a test says so: it passes bytes on, and knows nothing of HTTP but one short answer.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface FaultyLine {
  /** `localhost:PORT` */
  readonly host: string;
  /** Resets the connection that brings the answer, once that many bytes more have come from the server. */
  cutAfter(bytes: number): void;
  /** Answers the next request itself, with this response, and ends the connection. */
  answerNext(response: string): void;
  /** Whether what was ordered last has happened. */
  hasFailed(): boolean;
  close(): Promise<void>;
}

type Fault =
  { readonly kind: 'cut'; bytesLeft: number } | { readonly kind: 'answer'; readonly response: string };

export async function startFaultyLine(targetPort: number): Promise<FaultyLine> {
  let fault: Fault | undefined;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    for (const socket of [client, target]) {
      open.add(socket);
      socket.on('close', () => open.delete(socket));
      // The other end may break the connection too, and then this side is of no use either.
      socket.on('error', () => socket.destroy());
    }
    client.on('close', () => target.destroy());
    target.on('close', () => client.end());
    client.on('data', (bytes) => {
      if (fault?.kind !== 'answer') {
        target.write(bytes);
        return;
      }
      client.end(fault.response);
      fault = undefined;
    });
    target.on('data', (bytes) => {
      if (fault?.kind !== 'cut' || bytes.length <= fault.bytesLeft) {
        if (fault?.kind === 'cut') fault.bytesLeft -= bytes.length;
        pass(target, client, bytes);
        return;
      }
      const { bytesLeft } = fault;
      fault = undefined;
      client.write(bytes.subarray(0, bytesLeft), () => client.resetAndDestroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `localhost:${(server.address() as AddressInfo).port}`,
    cutAfter: (bytesLeft) => {
      fault = { kind: 'cut', bytesLeft };
    },
    answerNext: (response) => {
      fault = { kind: 'answer', response };
    },
    hasFailed: () => fault === undefined,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Takes no more from one than the other takes. */
function pass(from: Socket, to: Socket, bytes: Buffer): void {
  if (to.write(bytes)) return;
  from.pause();
  to.once('drain', () => from.resume());
}
