// One line for everything that the proxy decides: who asked for what, and what came of it.
import { printable, type Code } from '../../base/errors.ts';
import { showInstant } from '../../base/instant.ts';
import type { Clock } from '../../base/ports.ts';

/** What is asked of the proxy: a kind of route, or what never became one. */
export const routeKinds = ['version', 'tag', 'manifest', 'blob', 'tags', 'referrers', 'none'] as const;
export type RouteKind = (typeof routeKinds)[number];

/**
 * `served`: verified content, or a list; `refused`: the answer is no; `failed`: nobody could answer;
 * `cut`: content turned out wrong, or ended, on its way, and the connection was destroyed; `left`: the client went away.
 */
export const verdicts = ['served', 'refused', 'failed', 'cut', 'left'] as const;
export type Verdict = (typeof verdicts)[number];

/** Where content came from: the cache, a transfer for this request, or one that was under way. */
export const cacheOutcomes = ['hit', 'miss', 'joined'] as const;
export type CacheOutcome = (typeof cacheOutcomes)[number];

/** What is learnt about a request on its way: filled in by whoever learns it. */
export interface Subject {
  route: RouteKind;
  /** The name by which the client was let in, where clients have to have one. */
  user?: string;
  /** The registry that was meant, one of those that are configured. */
  upstream?: string;
  gun?: string;
  tag?: string;
  /** Of the manifest or blob that was asked for, or that the tag is signed as. */
  digest?: string;
  /** The role that signed the tag. */
  role?: string;
  /** Ids of the keys whose signatures of that role were valid. */
  keys?: readonly string[];
  /** What the policy demands there. */
  rule?: string;
  /** Why it would have been refused, had the policy not said to watch only. */
  audit?: Code;
  cache?: CacheOutcome;
}

export interface Decision extends Readonly<Subject> {
  /** Milliseconds since the epoch, at the end. */
  readonly at: number;
  /** The address that asked. */
  readonly client: string;
  readonly method: string;
  readonly verdict: Verdict;
  /** Why not. */
  readonly reason?: Code;
  /** For the operator; may name what clients are not told. */
  readonly message?: string;
  /** Of the answer; none when the connection was destroyed before there was one. */
  readonly status?: number;
  /** Bytes of content that were sent. */
  readonly bytes?: number;
  /** From the head of the request to the end of the answer, in milliseconds. */
  readonly ms?: number;
}

/** Counts since the start, by verdict and reason: `served`, `refused NOT_SIGNED`, `cut CONTENT_MISMATCH`. */
export type DecisionCounts = Readonly<Record<string, number>>;

/** `debug`: what says nothing about content, such as the probes of a health check, every few seconds. */
export type Level = 'debug' | 'info' | 'warn';

/** Takes lines of JSON without an end of line. */
export type DecisionSink = (line: string, level: Level) => void;

/** Writes, passes on and counts decisions. */
export class DecisionLog {
  readonly #clock: Clock;
  readonly #sink: DecisionSink;
  readonly #onDecision: (decision: Decision) => void;
  readonly #counts = new Map<string, number>();

  constructor(clock: Clock, sink: DecisionSink, onDecision: (decision: Decision) => void) {
    this.#clock = clock;
    this.#sink = sink;
    this.#onDecision = onDecision;
  }

  record(decided: Omit<Decision, 'at'>): void {
    const decision: Decision = { at: this.#clock.now(), ...decided };
    const kind = decision.reason === undefined ? decision.verdict : `${decision.verdict} ${decision.reason}`;
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    this.#sink(decisionLine(decision), levelOf(decision));
    this.#onDecision(decision);
  }

  counts(): DecisionCounts {
    return Object.fromEntries(this.#counts);
  }
}

/** JSON first: what it escapes stays an escape, and the rest cannot repaint a terminal or begin another line (EX-02). */
function decisionLine(decision: Decision): string {
  const { at, client, user, method, route, ...rest } = decision;
  return printable(JSON.stringify({ at: showInstant(at), client, user, method, route, ...rest }));
}

function levelOf({ verdict, route, audit }: Decision): Level {
  if (audit !== undefined) return 'warn';
  if (verdict === 'served') return route === 'version' ? 'debug' : 'info';
  return verdict === 'left' ? 'debug' : 'warn';
}
