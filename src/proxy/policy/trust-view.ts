// Trust data as the proxy uses it: fresh within an interval, fetched once however many clients ask (PX-19, TG-11).
import { isDctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Clock } from '../../base/ports.ts';
import { asTag, type Gun, type Tag } from '../../base/reference.ts';
import { findReleased, listReleased } from '../../tuf-client/index.ts';
import type { ReleasedTarget, TrustedRepository } from '../../tuf-client/index.ts';
import type { TrustSource } from '../upstream.ts';

export interface Freshness {
  /** How long verified trust data is used before the trust server is asked again: the longest life of a revoked tag. */
  readonly refreshMs: number;
  /** How long a refusal stands before the trust server is asked again: the longest wait of a freshly signed tag. */
  readonly refusalMs: number;
}

interface Verdict {
  readonly at: number;
  readonly outcome: { readonly repository: TrustedRepository } | { readonly refusal: Error };
}

/** The trust data of one upstream. */
export class TrustView {
  readonly #trust: TrustSource;
  readonly #clock: Clock;
  readonly #freshness: Freshness;
  /** The one that was checked longest ago comes first. */
  readonly #verdicts = new Map<Gun, Verdict>();
  readonly #updates = new Map<Gun, Promise<TrustedRepository>>();

  constructor(trust: TrustSource, clock: Clock, freshness: Freshness) {
    this.#trust = trust;
    this.#clock = clock;
    this.#freshness = freshness;
  }

  /**
   * What `tag` is signed as.
   * @throws NOT_SIGNED, TARGET_UNUSABLE, and what `TrustClient.update` throws
   */
  async find(gun: Gun, tag: Tag): Promise<ReleasedTarget> {
    const repository = await this.#repository(gun, this.#freshness.refreshMs);
    try {
      return findReleased(repository, tag);
    } catch (error) {
      if (!isDctError(error, 'NOT_SIGNED')) throw error;
      // It may have been signed since: look again, but no more often than refusals may be repeated.
      const newer = await this.#repository(gun, this.#freshness.refusalMs);
      if (newer === repository) throw error;
      return findReleased(newer, tag);
    }
  }

  /**
   * The signed tags in the order of their bytes. Signed names that are not tags stay in the metadata (NM-09).
   * @throws what `TrustClient.update` throws
   */
  async tags(gun: Gun): Promise<readonly string[]> {
    const repository = await this.#repository(gun, this.#freshness.refreshMs);
    return listReleased(repository)
      .map((target) => target.name)
      .filter((name) => asTag(name) !== undefined)
      .sort();
  }

  async #repository(gun: Gun, maxAgeMs: number): Promise<TrustedRepository> {
    const verdict = this.#verdicts.get(gun);
    if (verdict === undefined || !this.#stands(verdict, maxAgeMs)) return this.#update(gun);
    if ('refusal' in verdict.outcome) throw verdict.outcome.refusal;
    return verdict.outcome.repository;
  }

  #stands({ at, outcome }: Verdict, maxAgeMs: number): boolean {
    const now = this.#clock.now();
    const age = now - at;
    // A clock that was set back makes ages meaningless.
    if (age < 0) return false;
    if ('refusal' in outcome) return age < this.#freshness.refusalMs;
    return age < maxAgeMs && now < earliestExpiry(outcome.repository);
  }

  /** One update for a GUN at a time; whoever asks meanwhile shares it. */
  #update(gun: Gun): Promise<TrustedRepository> {
    const running = this.#updates.get(gun);
    if (running !== undefined) return running;
    const update = this.#trust
      .update(gun)
      .then(
        (repository) => {
          this.#remember(gun, { at: this.#clock.now(), outcome: { repository } });
          return repository;
        },
        (error: unknown) => {
          // A refusal also ends the use of what was verified before: the newest word of the trust server counts. When
          // nobody answered, the trust client has already looked for data that is still valid, and found none.
          if (isDctError(error) && error.family === 'trust')
            this.#remember(gun, { at: this.#clock.now(), outcome: { refusal: error } });
          else this.#verdicts.delete(gun);
          throw error;
        },
      )
      .finally(() => this.#updates.delete(gun));
    this.#updates.set(gun, update);
    return update;
  }

  /** Clients choose the names, so only so many are remembered. */
  #remember(gun: Gun, verdict: Verdict): void {
    this.#verdicts.delete(gun);
    this.#verdicts.set(gun, verdict);
    const [oldest] = this.#verdicts.keys();
    if (oldest !== undefined && this.#verdicts.size > limits.trustedRepositories)
      this.#verdicts.delete(oldest);
  }
}

/** Nothing is used past its expiry, not even within the refresh interval (TUF 5.4.4). */
function earliestExpiry({ root, timestamp, snapshot, targets, delegations }: TrustedRepository): number {
  const files = [root, timestamp, snapshot, targets, ...delegations.values()];
  return Math.min(...files.map((file) => file.data.expires.epochMs));
}
