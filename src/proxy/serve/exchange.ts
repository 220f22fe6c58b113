// One request and its answer on one connection: whole answers, streamed ones, and the way to destroy a false one.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { DctError } from '../../base/errors.ts';
import type { ServeBounds } from './bounds.ts';
import { Pace } from './pace.ts';

export type Headers = Readonly<Record<string, string | number>>;

/** The API version that clients look for, and a word to browsers that bodies are what their type says. */
const commonHeaders: Headers = {
  'Docker-Distribution-API-Version': 'registry/2.0',
  'X-Content-Type-Options': 'nosniff',
};

export class Exchange {
  readonly request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #pace: Pace;
  readonly #idleMs: number;
  readonly #gone = new AbortController();
  readonly #onClose = (): void => {
    this.#gone.abort();
    this.#wake();
  };
  readonly #onFlushed = (): void => {
    if (--this.#unflushed === 0) this.#wake();
  };
  #unflushed = 0;
  #isTaken = false;
  /** Bytes of an answer that was written at once. */
  #rest = 0;
  #isCut = false;
  #tooSlow: DctError | undefined;
  #wake: () => void = () => undefined;

  constructor(request: IncomingMessage, response: ServerResponse, bounds: ServeBounds) {
    this.request = request;
    this.#response = response;
    this.#idleMs = bounds.idleMs;
    this.#pace = new Pace(bounds, () => {
      this.#tooSlow = new DctError('CLIENT_TOO_SLOW', { rate: bounds.paceBytes });
      this.cut();
    });
    for (const [name, value] of Object.entries(commonHeaders)) response.setHeader(name, value);
    // Bodies of requests are never read, so nothing may follow one on this connection (PX-06).
    if (hasBody(request)) response.setHeader('Connection', 'close');
    // After a reset there is nothing left to write either.
    response.once('finish', () => {
      this.#isTaken = !request.socket.destroyed;
      this.#wake();
    });
    // The socket and not the response: a pipelined response has no socket yet that could tell.
    request.socket.once('close', this.#onClose);
    if (request.socket.destroyed) this.#gone.abort();
    // While we fetch and verify, a client that says nothing waits for us, however long that takes.
    request.socket.setTimeout(0);
  }

  get isHead(): boolean {
    return this.request.method === 'HEAD';
  }

  /** Aborted when the client went away. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** True once anything was sent, so that no other answer can be given. */
  get begun(): boolean {
    return this.#response.headersSent;
  }

  /** True once the connection was destroyed by `cut`. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Set when the connection was destroyed because the client takes too little (PX-08). */
  get tooSlow(): DctError | undefined {
    return this.#tooSlow;
  }

  /**
   * True when the end of the connection would pass for the end of the body (RFC 9112 6.3, last rule). Node sends chunks to 1.1
   * alone, and takes 0.9 and 2.0 for versions as well.
   */
  get endsWithConnection(): boolean {
    return this.request.httpVersion !== '1.1';
  }

  /** Adds a header to whatever the answer will be. */
  addHeader(name: string, value: string): void {
    this.#response.setHeader(name, value);
  }

  /** A whole answer; to HEAD, the same head without the body. A body of undefined means that there is none (304). */
  send(status: number, headers: Headers, body: Uint8Array | undefined): void {
    this.#response.writeHead(status, { ...headers, ...(body && { 'Content-Length': body.byteLength }) });
    this.#response.end(this.isHead ? undefined : body);
    this.#rest = body?.byteLength ?? 0;
  }

  /** The head of an answer whose body comes piece by piece; it leaves together with the first piece. */
  begin(status: number, headers: Headers): void {
    this.#response.writeHead(status, headers);
  }

  /**
   * Sends a piece. Answers nothing when the kernel has all of it, otherwise a promise that resolves when it has, so
   * that a slow client holds one piece in memory and no more (PX-08); until then the bytes must not change.
   */
  write(chunk: Uint8Array): void | Promise<void> {
    const response = this.#response;
    const { socket } = response;
    this.#unflushed++;
    // Node would cork the socket until the next tick. Corked by ourselves, the head, the chunk's frame and the chunk go
    // down in one system call, and go now.
    socket?.cork();
    response.write(chunk, this.#onFlushed);
    socket?.uncork();
    if (response.writableLength === 0) {
      this.#pace.passed(chunk.byteLength);
      return undefined;
    }
    this.#pace.begin(chunk.byteLength);
    const { socket: client } = this.request;
    client.setTimeout(this.#idleMs);
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#pace.end();
        client.setTimeout(0);
        resolve();
      };
    });
  }

  /** Ends a streamed body: only ever after all of it was verified. */
  end(): void {
    this.#response.end();
  }

  /**
   * Resolves when the kernel has taken all of an answer that is written; what is still on its way must not take for ever either.
   * @throws when the connection ended before; `tooSlow` and `isCut` tell why
   */
  async taken(): Promise<void> {
    const { signal } = this;
    if (!this.#isTaken && !signal.aborted) {
      this.#pace.begin(this.#rest);
      // Once it is taken, Node waits for the next request.
      this.request.socket.setTimeout(this.#idleMs);
      await this.#until(() => this.#isTaken || signal.aborted);
      this.#pace.end();
    }
    if (!this.#isTaken) throw signal.reason;
  }

  /**
   * Destroys the connection with a reset, so that no client and no proxy on the way can take what came for a complete
   * answer (BL-05). Orderly ends are what must not happen here.
   */
  cut(): void {
    this.#isCut = true;
    const { socket } = this.request;
    // TLS sockets cannot be reset; without its closing alert the end of one is as abnormal.
    const isPlain = !('encrypted' in socket);
    if (isPlain) socket.resetAndDestroy();
    // Node puts a reset off until all is written, which a client that reads nothing never lets happen (PX-08).
    if (!isPlain || socket.writableLength > 0) socket.destroy();
    // Not only once the system says so: until then, more would be fetched for nobody.
    this.#onClose();
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition())
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }

  /** Lets go of the connection, which may serve other requests. */
  release(): void {
    this.request.socket.removeListener('close', this.#onClose);
  }
}

/** True for a request that something follows, which is never read. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}
