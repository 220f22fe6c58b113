// Requests that a client sends ahead on one connection: answered one after another, and only so many (PX-10).
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { limits } from '../../base/limits.ts';

/**
 * Node hands over pipelined requests as they arrive, and only keeps their answers in order. Started all at once, they
 * would let one client open any number of upstream connections.
 */
export class Pipelines {
  readonly #waiting = new WeakMap<Duplex, (() => Promise<void>)[]>();

  /** Runs `answer` after those of earlier requests on the same connection; too many at a time close it. */
  run({ socket }: IncomingMessage, answer: () => Promise<void>): void {
    const waiting = this.#waiting.get(socket);
    if (waiting === undefined) {
      const queue = [answer];
      this.#waiting.set(socket, queue);
      void this.#drain(socket, queue);
    } else if (waiting.length < limits.pipelinedRequests) waiting.push(answer);
    else socket.destroy();
  }

  /** True while a request of this connection is being answered. */
  isBusy(socket: Duplex): boolean {
    return this.#waiting.has(socket);
  }

  async #drain(socket: Duplex, queue: (() => Promise<void>)[]): Promise<void> {
    for (let next = queue.shift(); next !== undefined && !socket.destroyed; next = queue.shift())
      await next();
    this.#waiting.delete(socket);
  }
}
