// How long new metadata is valid, and when it is time to sign it again (dialect 2.4).
import { instantAt, type Instant } from '../../base/instant.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** In days; delegations live as long as targets. Timestamps are the server's business. */
const lifetimes = { root: 3650, targets: 3 * 365, snapshot: 3 * 365 } as const;

export function expiryOf(kind: keyof typeof lifetimes, now: number): Instant {
  return instantAt(now + lifetimes[kind] * dayMs);
}

/** Within six calendar months, when Notary too begins to warn. */
export function isNearEnd(expires: Instant, now: number): boolean {
  const soon = new Date(now);
  soon.setUTCMonth(soon.getUTCMonth() + 6);
  return expires.epochMs < soon.getTime();
}
