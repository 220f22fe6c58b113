// One line for everything that the proxy decides: who asked for what, and what came of it.
import { printable, type Code } from '../../base/errors.ts';
import { showInstant } from '../../base/instant.ts';
import type { Clock, Notices } from '../../base/ports.ts';

export interface Decision {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The address that asked. */
  readonly client: string;
  readonly method: string;
  readonly gun?: string;
  readonly tag?: string;
  /** Of the manifest or blob that was asked for, or that the tag is signed as. */
  readonly digest?: string;
  /**
   * `served`: verified content, or a list of signed tags; `refused`: the answer is no; `failed`: nobody could answer;
   * `cut`: content turned out wrong, or ended, on its way, and the connection was destroyed; `left`: the client went away.
   */
  readonly verdict: 'served' | 'refused' | 'failed' | 'cut' | 'left';
  /** Why not. */
  readonly reason?: Code;
  /** For the operator; may name what clients are not told. */
  readonly message?: string;
  /** Of the answer; none when the connection was destroyed before there was one. */
  readonly status?: number;
  /** Bytes of content that were sent. */
  readonly bytes?: number;
}

/** Counts since the start, by verdict and reason: `served`, `refused NOT_SIGNED`, `cut CONTENT_MISMATCH`. */
export type DecisionCounts = Readonly<Record<string, number>>;

/** Writes, passes on and counts decisions. */
export class DecisionLog {
  readonly #clock: Clock;
  readonly #notices: Notices;
  readonly #onDecision: (decision: Decision) => void;
  readonly #counts = new Map<string, number>();

  constructor(clock: Clock, notices: Notices, onDecision: (decision: Decision) => void) {
    this.#clock = clock;
    this.#notices = notices;
    this.#onDecision = onDecision;
  }

  record(decided: Omit<Decision, 'at'>): void {
    const decision: Decision = { at: this.#clock.now(), ...decided };
    const kind = decision.reason === undefined ? decision.verdict : `${decision.verdict} ${decision.reason}`;
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    // JSON first: what it escapes stays an escape, and the rest cannot repaint a terminal (EX-02).
    const line = printable(JSON.stringify({ ...decision, at: showInstant(decision.at) }));
    if (decision.verdict === 'served') this.#notices.info(line);
    else if (decision.verdict === 'left') this.#notices.debug(line);
    else this.#notices.warn(line);
    this.#onDecision(decision);
  }

  counts(): DecisionCounts {
    return Object.fromEntries(this.#counts);
  }
}
