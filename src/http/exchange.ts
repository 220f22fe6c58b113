// One request and its answer on an undici dispatcher: deadlines for every phase, and a body that pushes with back-pressure.
import type { Dispatcher } from 'undici';
import { DctError, isDctError } from '../base/errors.ts';
import type { HttpRequest, HttpResponse, ResponseBody } from '../base/ports.ts';
import { transportFailure, type Phase } from './failure.ts';
import { encodingProblem, plainHeaders, type RawHeaders } from './response-head.ts';
import { currentReading, type Reading } from './reading.ts';

/** Milliseconds: to a connection with TLS, then to the response head, then between two pieces of the body (ED-05, ED-07). */
export interface Deadlines {
  readonly connectMs: number;
  readonly headMs: number;
  readonly idleMs: number;
}

type OnChunk = (chunk: Uint8Array) => void | Promise<void>;

/** How a request gets to its origin. */
export interface Route {
  readonly dispatcher: Dispatcher;
  /** Set for plain HTTP through a forward proxy: what that proxy alone is to see (RFC 9112 3.2.2). */
  readonly proxyHeaders?: Readonly<Record<string, string>>;
  /** True when the connections are those of our own connectors, which reuse their buffers. */
  readonly reusesBuffer: boolean;
}

/** Sends the request and resolves with the head. @throws the transport family */
export function exchange(
  { dispatcher, proxyHeaders, reusesBuffer }: Route,
  request: HttpRequest,
  deadlines: Deadlines,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const handler = new Exchange(request, deadlines, reusesBuffer, resolve, reject);
    if (!handler.begin()) return;
    try {
      dispatcher.dispatch(
        {
          origin: request.url.origin,
          path: `${proxyHeaders ? request.url.origin : ''}${request.url.pathname}${request.url.search}`,
          method: request.method,
          headers: { ...request.headers, ...proxyHeaders, 'accept-encoding': 'identity' },
          body: request.body === undefined ? null : Buffer.from(request.body),
          blocking: false,
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        handler,
      );
    } catch (error) {
      handler.onResponseError(undefined, error as Error);
    }
  });
}

class Exchange implements Dispatcher.DispatchHandler, ResponseBody {
  readonly #origin: string;
  readonly #deadlines: Deadlines;
  readonly #signal: AbortSignal | undefined;
  readonly #resolve: (response: HttpResponse) => void;
  readonly #reject: (error: DctError) => void;
  #phase: Phase = 'connect';
  #controller: Dispatcher.DispatchController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  #failure: DctError | undefined;
  #taken = false;
  readonly #reusesBuffer: boolean;
  #reading: Reading | undefined;
  #onChunk: OnChunk | undefined;
  #finish: ((failure?: Error) => void) | undefined;

  constructor(
    request: HttpRequest,
    deadlines: Deadlines,
    reusesBuffer: boolean,
    resolve: (response: HttpResponse) => void,
    reject: (error: DctError) => void,
  ) {
    this.#origin = request.url.origin;
    this.#deadlines = deadlines;
    this.#reusesBuffer = reusesBuffer;
    this.#signal = request.signal;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Starts the first deadline; false when the caller has given up already. */
  begin(): boolean {
    if (this.#signal?.aborted === true) {
      this.#onAbort();
      return false;
    }
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#arm(this.#deadlines.connectMs);
    return true;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#failure !== undefined) {
      controller.abort(this.#failure);
      return;
    }
    this.#phase = 'head';
    this.#arm(this.#deadlines.headMs);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, raw: RawHeaders): void {
    // Interim answers do not extend the deadline (BL-17).
    if (status < 200) return;
    if (this.#reusesBuffer) this.#reading = currentReading();
    if (this.#reading !== undefined) this.#reading.inHead = false;
    this.#disarm();
    this.#phase = 'body';
    const headers = plainHeaders(raw);
    const problem = encodingProblem(status, headers);
    if (problem !== undefined) {
      this.#fail(new DctError('HTTP_INVALID', { origin: this.#origin, problem }));
      return;
    }
    controller.pause();
    this.#resolve({ status, headers, body: this });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    // Resuming flushes the parser, which reports an empty piece; it is neither news nor progress.
    if (chunk.byteLength === 0) return;
    this.#timer?.refresh();
    let pending: void | Promise<void>;
    try {
      pending = this.#onChunk?.(chunk);
    } catch (error) {
      this.#stop(error as Error);
      return;
    }
    if (pending === undefined) return;
    controller.pause();
    this.#disarm();
    pending.then(
      () => this.#continue(),
      (error: unknown) => this.#stop(error as Error),
    );
  }

  onResponseEnd(): void {
    this.#ended = true;
    if (this.#reading !== undefined) this.#reading.inHead = true;
    this.#settle();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#failure ??= transportFailure(error, this.#origin, this.#phase);
    this.#settle();
  }

  deliver(onChunk: OnChunk): Promise<void> {
    if (this.#taken)
      return Promise.reject(new DctError('BUG', { problem: 'a response body was read twice' }));
    this.#taken = true;
    return new Promise((resolve, reject) => {
      this.#onChunk = onChunk;
      this.#finish = (failure) => (failure === undefined ? resolve() : reject(failure));
      if (this.#ended || this.#failure !== undefined) this.#settle();
      else this.#continue();
    });
  }

  cancel(): void {
    this.#fail(new DctError('CUT_OFF', { origin: this.#origin, problem: 'the request was cancelled' }));
  }

  /** Reads on, after the consumer is ready again. */
  #continue(): void {
    if (this.#failure !== undefined || this.#ended) return;
    this.#arm(this.#deadlines.idleMs);
    this.#controller?.resume();
  }

  /** The consumer failed: its error is the answer, and the connection goes. */
  #stop(error: Error): void {
    const finish = this.#finish;
    this.#finish = undefined;
    this.cancel();
    finish?.(error);
  }

  #fail(failure: DctError): void {
    if (this.#failure !== undefined || this.#ended) return;
    this.#failure = failure;
    this.#controller?.abort(failure);
    this.#settle();
  }

  /** Tells whoever waits now: for the head, or for the end of the body. */
  #settle(): void {
    this.#disarm();
    this.#signal?.removeEventListener('abort', this.#onAbort);
    if (this.#failure !== undefined) this.#reject(this.#failure);
    const finish = this.#finish;
    this.#finish = undefined;
    finish?.(this.#failure);
  }

  readonly #onAbort = (): void => {
    const reason: unknown = this.#signal?.reason;
    const failure = isDctError(reason)
      ? reason
      : new DctError('CUT_OFF', { origin: this.#origin, problem: 'the request was cancelled' }, reason);
    if (this.#phase === 'connect') this.#failure ??= failure;
    else this.#fail(failure);
    this.#settle();
  };

  #arm(milliseconds: number): void {
    this.#disarm();
    this.#timer = setTimeout(this.#onDeadline, milliseconds, milliseconds);
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  readonly #onDeadline = (milliseconds: number): void => {
    const facts = { origin: this.#origin, phase: phaseNames[this.#phase], seconds: milliseconds / 1000 };
    this.#fail(new DctError('TIMEOUT', facts));
  };
}

const phaseNames: Record<Phase, string> = {
  connect: 'connecting',
  head: 'waiting for the answer',
  body: 'waiting for more of the answer',
};
