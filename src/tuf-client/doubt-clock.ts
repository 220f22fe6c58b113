// Tells when this machine's clock can hardly be right: an expiry is worth as much as the clock that it is read on (FZ-06).
import { showInstant } from '../base/instant.ts';
import type { Notices } from '../base/ports.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** Another opinion about what time it is. All times are milliseconds since the epoch. */
export interface OtherClock {
  /** What the trust server said just now, if it has. */
  readonly serverTime?: number | undefined;
  /** When that server last answered, by this machine's clock: it cannot be earlier than that now. */
  readonly confirmedAt?: number | undefined;
}

/**
 * Compares the clock with others, and warns once for as long as it differs by more than a day. It only warns: neither the
 * `Date` of a server nor an old note decides what has expired.
 */
export function doubtClock(notices: Notices): (now: number, other: OtherClock) => void {
  const told = new Set<string>();
  const tell = (topic: string, isDoubtful: boolean, line: string): void => {
    if (!isDoubtful) told.delete(topic);
    else if (!told.has(topic)) {
      told.add(topic);
      notices.warn(`${line}. What has expired is judged by this machine's clock: set it right.`);
    }
  };
  return (now, { serverTime, confirmedAt }) => {
    const here = `it is ${showInstant(now)} here`;
    if (serverTime !== undefined)
      tell(
        'server',
        Math.abs(serverTime - now) > dayMs,
        `${here}, and ${showInstant(serverTime)} at the trust server`,
      );
    if (confirmedAt !== undefined)
      tell(
        'backwards',
        confirmedAt - now > dayMs,
        `${here}, but the trust server already answered at ${showInstant(confirmedAt)}`,
      );
  };
}
