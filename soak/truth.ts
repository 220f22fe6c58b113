// What was true when: which tags stood for which content, and in which times a policy let everything pass.

/** In milliseconds since the epoch; `from` and `until` as far apart as they may have been. */
interface Span {
  readonly from: number;
  /** From then on it was so without a doubt. */
  sure: number;
  until: number;
}

interface Signature extends Span {
  readonly digest: string;
}

/** How long after a change the proxy may still answer as before. */
export interface Lag {
  readonly refreshMs: number;
  /** For a transfer or a process that has to wait for its turn on a busy machine. */
  readonly slackMs: number;
}

export class Truth {
  readonly #signatures = new Map<string, Signature[]>();
  readonly #open = new Map<string, Span[]>();
  readonly #lag: Lag;

  constructor(lag: Lag) {
    this.#lag = lag;
  }

  /** Somebody is about to sign; `done` is called when that was published, and ends what the tag stood for before. */
  signing(name: string, digest: string): { readonly done: () => void } {
    const before = this.#signatures.get(name) ?? [];
    const signature = { digest, from: Date.now(), sure: Infinity, until: Infinity };
    this.#signatures.set(name, [...before, signature]);
    return {
      done: () => {
        signature.sure = Date.now();
        end(before);
      },
    };
  }

  /** Somebody is about to revoke: from now on it may be so, and without a doubt once `done` is called. */
  revoking(name: string): { readonly done: () => void } {
    const before = this.#signatures.get(name) ?? [];
    for (const signature of before) signature.sure = Infinity;
    return { done: () => end(before) };
  }

  /** From now on, until `closed`, everything in `repository` may be served. */
  opening(repository: string): void {
    const span = { from: Date.now(), sure: Infinity, until: Infinity };
    this.#open.set(repository, [...(this.#open.get(repository) ?? []), span]);
  }

  closed(repository: string): void {
    end(this.#open.get(repository));
  }

  /** Whether a request from `begun` to `ended` may have been answered with this content for the tag. */
  allows(repository: string, tag: string, digest: string | undefined, begun: number, ended: number): boolean {
    const name = `${repository}:${tag}`;
    const { refreshMs, slackMs } = this.#lag;
    const signatures = (this.#signatures.get(name) ?? []).filter(
      (signature) => digest === undefined || signature.digest === digest,
    );
    return (
      signatures.some(touches(begun - refreshMs - slackMs, ended)) || this.wasOpen(repository, begun, ended)
    );
  }

  wasOpen(repository: string, begun: number, ended: number): boolean {
    return (this.#open.get(repository) ?? []).some(touches(begun - this.#lag.slackMs, ended));
  }

  /** Whether the tag was signed for so long, and all the time, that the proxy must know it. */
  isSettled(repository: string, tag: string, begun: number, ended: number): boolean {
    const { refreshMs, slackMs } = this.#lag;
    return (this.#signatures.get(`${repository}:${tag}`) ?? []).some(
      ({ sure, until }) => sure < begun - refreshMs - slackMs && until > ended,
    );
  }
}

function end(spans: readonly Span[] = []): void {
  const now = Date.now();
  for (const span of spans) span.until = Math.min(span.until, now);
}

function touches(from: number, until: number): (span: Span) => boolean {
  return (span) => span.from <= until && span.until >= from;
}
