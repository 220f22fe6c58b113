// How old trust data may be: `--max-age` and `--online`, for those who would rather have no answer than an old one (FZ-04).
import { DctError } from '../base/errors.ts';
import { showInstant } from '../base/instant.ts';
import type { TrustedRepository } from '../tuf-client/index.ts';
import { duration } from './listen.ts';

/** As the command line gave them; not both. */
export interface FreshnessOptions {
  readonly maxAge?: string;
  readonly online?: boolean;
}

export interface MaxAge {
  readonly text: string;
  readonly ms: number;
}

/** Undefined when any age will do that the signers allow. @throws USAGE */
export function allowedAge({ maxAge, online }: FreshnessOptions): MaxAge | undefined {
  const text = online === true ? '0s' : maxAge;
  return text === undefined ? undefined : { text, ms: duration('--max-age', text) };
}

/**
 * Lets through what the server confirmed just now, and what it confirmed less than the allowed time ago.
 * @param now milliseconds since the epoch
 * @throws NOT_FRESH, with what kept the server from being asked behind it
 */
export function checkFresh(trusted: TrustedRepository, allowed: MaxAge | undefined, now: number): void {
  const { gun, confirmedAt, outage } = trusted;
  if (allowed === undefined || outage === undefined) return;
  // A confirmation from the future is one from before the clock was set back: nobody knows how long ago.
  const ageMs = confirmedAt === undefined || confirmedAt > now ? Infinity : now - confirmedAt;
  if (ageMs < allowed.ms) return;
  const confirmed = showConfirmed(trusted);
  throw new DctError('NOT_FRESH', { gun, confirmed, maxAge: allowed.text, problem: outage.message }, outage);
}

/** When the server last confirmed it, in words. */
export function showConfirmed({ confirmedAt }: Pick<TrustedRepository, 'confirmedAt'>): string {
  return confirmedAt === undefined ? 'at a time that nobody wrote down' : `at ${showInstant(confirmedAt)}`;
}
