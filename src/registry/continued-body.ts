// A blob's body that outlives its connections: after a break the rest is asked for from where it broke (BL-07, RFC 9110 14.2).
import { DctError, isDctError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Clock, HttpResponse, Pause, ResponseBody } from '../base/ports.ts';
import { backOff } from '../http/pause.ts';
import { announcedSize, judgeContinuation } from './content-range.ts';
import { Pace } from './pace.ts';

type OnChunk = (chunk: Uint8Array) => void | Promise<void>;

export interface ContinuationOptions {
  /** Asks for the same blob with these headers; answers 200, 206 or 416, and throws what every other answer means. */
  readonly again: (headers: Readonly<Record<string, string>>) => Promise<HttpResponse>;
  /** The server, for errors. */
  readonly origin: string;
  readonly clock: Clock;
  readonly pause: Pause;
  readonly signal: AbortSignal | undefined;
  /** Called before the rest is asked for. */
  readonly onResume?: () => void;
}

/**
 * The body of `first` and of whatever continues it. The one digest over all that was handed on decides in the end, so a
 * continuation of other content is found out like any other wrong byte (BL-08); it is never asked for again because of that.
 * `deliver` throws CUT_OFF and TIMEOUT when the bound of continuations is reached, RESUME_REFUSED for one that does not fit,
 * and what `again` throws.
 */
export function continuedBody(first: HttpResponse, options: ContinuationOptions): ResponseBody {
  return new ContinuedBody(first, options);
}

class ContinuedBody implements ResponseBody {
  readonly #options: ContinuationOptions;
  /** What the registry announced at first, and has to stay with. */
  readonly #size: number | undefined;
  readonly #etag: string | undefined;
  #body: ResponseBody;
  /** Bytes handed on. */
  #count = 0;
  /** Bytes at the beginning of this answer that were handed on before. */
  #known = 0;
  #breaks = 0;
  #countAtBreak = 0;
  /** Nobody wants more: the consumer failed, or cancelled. */
  #isOver = false;

  constructor(first: HttpResponse, options: ContinuationOptions) {
    this.#options = options;
    this.#size = announcedSize(first);
    // A weak one does not promise the same bytes (RFC 9110 13.1.5).
    const etag = first.headers['etag'] ?? '';
    this.#etag = etag.startsWith('"') ? etag : undefined;
    this.#body = first.body;
  }

  async deliver(onChunk: OnChunk): Promise<void> {
    for (;;) {
      const broken = await this.#pass(onChunk);
      if (broken === undefined) return;
      await this.#continue(broken);
    }
  }

  cancel(): void {
    this.#isOver = true;
    this.#body.cancel();
  }

  /** Hands one answer on, and tells why it broke off. */
  async #pass(onChunk: OnChunk): Promise<DctError | undefined> {
    const pace = new Pace(this.#options.clock, this.#options.origin);
    try {
      await this.#body.deliver((chunk) => {
        pace.arrived(chunk.byteLength);
        const pending = this.#hand(chunk, onChunk);
        if (pending === undefined) pace.waiting();
        return pending?.then(() => pace.waiting());
      });
      return undefined;
    } catch (error) {
      if (this.#isOver || !isDctError(error, 'CUT_OFF', 'TIMEOUT')) throw error;
      // Nothing is missing but an orderly end; the digest tells whether these were the right bytes.
      return this.#count === this.#size ? undefined : error;
    }
  }

  #hand(chunk: Uint8Array, onChunk: OnChunk): Promise<void> | undefined {
    const known = Math.min(this.#known, chunk.byteLength);
    this.#known -= known;
    if (known === chunk.byteLength) return undefined;
    this.#count += chunk.byteLength - known;
    // Whatever the consumer throws, even what looks like a broken connection, is not the registry's.
    const fail = (error: unknown): never => {
      this.#isOver = true;
      throw error;
    };
    try {
      const pending = onChunk(known === 0 ? chunk : chunk.subarray(known));
      return pending instanceof Promise ? pending.catch(fail) : undefined;
    } catch (error) {
      return fail(error);
    }
  }

  /** @throws the last failure, when no more is to be tried */
  async #continue(broken: DctError): Promise<void> {
    if (this.#count - this.#countAtBreak >= limits.blobResumeBytes) this.#breaks = 0;
    this.#countAtBreak = this.#count;
    let failure = broken;
    while (this.#breaks < limits.blobResumes) {
      this.#breaks++;
      await this.#options.pause(backOff(this.#breaks), this.#options.signal);
      if (this.#isUnwanted()) throw failure;
      try {
        await this.#ask();
        return;
      } catch (error) {
        if (!isDctError(error, 'CUT_OFF', 'TIMEOUT', 'UNREACHABLE', 'SERVER_ERROR')) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  async #ask(): Promise<void> {
    this.#options.onResume?.();
    const range = this.#count > 0 && { range: `bytes=${this.#count}-` };
    const response = await this.#options.again({
      ...range,
      ...(range && this.#etag !== undefined && { 'if-range': this.#etag }),
    });
    const continuation = judgeContinuation(response, this.#count, this.#size);
    if ('problem' in continuation) {
      response.body.cancel();
      const { problem } = continuation;
      throw new DctError('RESUME_REFUSED', { origin: this.#options.origin, problem });
    }
    this.#body = response.body;
    this.#known = continuation.known;
    // Who cancelled while we asked could not reach this body yet.
    if (this.#isOver) response.body.cancel();
  }

  #isUnwanted(): boolean {
    return this.#isOver || this.#options.signal?.aborted === true;
  }
}
