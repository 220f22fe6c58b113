// Trust data as the proxy uses it: fresh within an interval, fetched once however many clients ask (PX-19, TG-11).
import { DctError, isDctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Clock } from '../../base/ports.ts';
import type { Gun } from '../../base/reference.ts';
import type { TrustSource } from '../upstream.ts';
import type { Rule } from './rule.ts';
import { SignedTags } from './signed-tags.ts';
import type { TrustBudget } from './trust-budget.ts';

export interface Freshness {
  /** How long verified trust data is used before the trust server is asked again: the longest life of a revoked tag. */
  readonly refreshMs: number;
  /** How long a refusal stands before the trust server is asked again: the longest wait of a freshly signed tag. */
  readonly refusalMs: number;
}

/** What the trust server said last, as far as it has not been asked again. */
interface Known {
  readonly at: number;
  readonly signed: SignedTags;
  /** When it is asked again although this still stands, so that nobody has to wait once it is due. */
  readonly askAgainAt: number;
}

/** `refused`: the trust server's word was no, or was not to be trusted; `unanswered`: there was none. */
export const updateOutcomes = ['ok', 'refused', 'unanswered'] as const;
export type UpdateOutcome = (typeof updateOutcomes)[number];

interface Refusal {
  readonly at: number;
  readonly error: unknown;
}

/** The trust data of one upstream. */
export class TrustView {
  readonly #trust: TrustSource;
  readonly #clock: Clock;
  readonly #freshness: Freshness;
  /** In both, what was learnt longest ago comes first. */
  readonly #known = new Map<Gun, Known>();
  readonly #refusals = new Map<Gun, Refusal>();
  readonly #updates = new Map<Gun, Promise<SignedTags>>();
  readonly #outcomes: Record<UpdateOutcome, number> = { ok: 0, refused: 0, unanswered: 0 };
  readonly #budget: TrustBudget;
  #bytes = 0;

  /** @param budget shared with the views of all other upstreams */
  constructor(trust: TrustSource, clock: Clock, freshness: Freshness, budget: TrustBudget) {
    this.#trust = trust;
    this.#clock = clock;
    this.#freshness = freshness;
    this.#budget = budget;
  }

  /** Repositories whose trust data is at hand, and the bytes of their metadata. */
  get held(): { readonly repositories: number; readonly bytes: number } {
    return { repositories: this.#known.size, bytes: this.#bytes };
  }

  /** Updates since the start, by what came of them. */
  get outcomes(): Readonly<Record<UpdateOutcome, number>> {
    return this.#outcomes;
  }

  /**
   * Milliseconds since the trust server last stood behind the oldest of the data that is in use; grows while it is away. Undefined
   * when there is none.
   */
  get oldestMs(): number | undefined {
    const times = [...this.#known.values()]
      .filter((known) => this.#stands(known))
      .map(({ at, signed }) => signed.repository.confirmedAt ?? at);
    return times.length === 0 ? undefined : Math.max(0, this.#clock.now() - Math.min(...times));
  }

  /**
   * What `judge` says to the signed tags. When it says no to what may have been signed since, they are fetched anew, but no
   * more often than refusals may be repeated.
   * @throws what `judge` throws; TRUST_NOT_CONFIRMED; what `TrustClient.update` throws
   */
  async ask<T>(gun: Gun, outage: Rule['outage'], judge: (signed: SignedTags) => T | Promise<T>): Promise<T> {
    const signed = await this.#signed(gun, outage, this.#freshness.refreshMs);
    try {
      return await judge(signed);
    } catch (error) {
      if (!isDctError(error, 'NOT_SIGNED', 'SIGNERS_TOO_FEW', 'NOT_REACHABLE')) throw error;
      const newer = await this.#signed(gun, outage, this.#freshness.refusalMs);
      if (newer === signed) throw error;
      return judge(newer);
    }
  }

  async #signed(gun: Gun, outage: Rule['outage'], maxAgeMs: number): Promise<SignedTags> {
    const signed = await this.#current(gun, outage, maxAgeMs);
    if (outage === 'fail' && !this.#isConfirmed(signed)) throw new DctError('TRUST_NOT_CONFIRMED', { gun });
    return signed;
  }

  async #current(gun: Gun, outage: Rule['outage'], maxAgeMs: number): Promise<SignedTags> {
    const known = this.#standing(gun);
    if (known !== undefined) {
      // Data that will not do is looked at again as soon as a refusal is.
      const isEnough = outage === 'cached' || this.#isConfirmed(known.signed);
      const enoughMs = isEnough ? maxAgeMs : Math.min(maxAgeMs, this.#freshness.refusalMs);
      if (this.#age(known) < enoughMs) {
        // Nobody waits for this: its outcome is for those who come later.
        if (this.#clock.now() >= known.askAgainAt) this.#update(gun).catch(() => undefined);
        return known.signed;
      }
    }
    try {
      const refusal = this.#refusals.get(gun);
      if (refusal !== undefined && this.#age(refusal) < this.#freshness.refusalMs) throw refusal.error;
      return await this.#update(gun);
    } catch (error) {
      // When something newer was looked for in vain, what still stands decides.
      const standing = this.#standing(gun);
      if (standing === undefined) throw error;
      return standing.signed;
    }
  }

  /** Trust data that may still be used; nothing else is kept. */
  #standing(gun: Gun): Known | undefined {
    const known = this.#known.get(gun);
    if (known === undefined || this.#stands(known)) return known;
    this.#forget(gun);
    return undefined;
  }

  #stands(known: Known): boolean {
    return this.#age(known) < this.#freshness.refreshMs && this.#clock.now() < known.signed.validUntil;
  }

  /** A clock that was set back makes ages meaningless. */
  #age({ at }: { readonly at: number }): number {
    const age = this.#clock.now() - at;
    return age < 0 ? Infinity : age;
  }

  /** Whether the trust server itself stood behind this data within the interval. */
  #isConfirmed({ repository: { origin, confirmedAt } }: SignedTags): boolean {
    if (origin === 'server') return true;
    return confirmedAt !== undefined && this.#age({ at: confirmedAt }) < this.#freshness.refreshMs;
  }

  /** One update for a GUN at a time; whoever asks meanwhile shares it. */
  #update(gun: Gun): Promise<SignedTags> {
    const running = this.#updates.get(gun);
    if (running !== undefined) return running;
    const begun = this.#clock.now();
    const update = this.#trust
      .update(gun)
      .then(
        (repository) => this.#learn(gun, new SignedTags(repository), begun),
        (error: unknown) => this.#refuse(gun, error),
      )
      .finally(() => this.#updates.delete(gun));
    this.#updates.set(gun, update);
    return update;
  }

  /** @param at when it was asked for: a server that takes its time with the rest does not make its word newer (TG-11) */
  #learn(gun: Gun, signed: SignedTags, at: number): SignedTags {
    this.#outcomes[signed.repository.origin === 'server' ? 'ok' : 'unanswered']++;
    this.#forget(gun);
    this.#refusals.delete(gun);
    this.#known.set(gun, { at, signed, askAgainAt: at + this.#freshness.refreshMs * eagerness });
    this.#bytes += signed.bytes;
    this.#budget.hold(signed, { bytes: signed.bytes, forget: () => this.#forget(gun) });
    return signed;
  }

  /**
   * A refusal ends the use of what was verified before: the newest word of the trust server counts. When nobody answered,
   * what still stands stands to its end, and the trust client has already looked for anything else that is valid.
   */
  #refuse(gun: Gun, error: unknown): never {
    const at = this.#clock.now();
    const known = this.#standing(gun);
    const isRefused = isDctError(error) && error.family === 'trust';
    this.#outcomes[isRefused ? 'refused' : 'unanswered']++;
    if (isRefused) this.#forget(gun);
    else if (known !== undefined)
      this.#known.set(gun, { ...known, askAgainAt: at + this.#freshness.refusalMs });
    this.#refusals.delete(gun);
    this.#refusals.set(gun, { at, error });
    // Clients choose the names, so only so many are remembered; and they push out no trust data.
    const [oldest] = this.#refusals.keys();
    if (oldest !== undefined && this.#refusals.size > limits.refusedRepositories)
      this.#refusals.delete(oldest);
    throw error;
  }

  #forget(gun: Gun): void {
    const signed = this.#known.get(gun)?.signed;
    if (signed === undefined) return;
    this.#budget.release(signed);
    this.#bytes -= signed.bytes;
    this.#known.delete(gun);
  }
}

/** The part of the interval after which the next update begins, while somebody still asks. */
const eagerness = 0.75;
