// Points in time as Go writes them in JSON: RFC 3339 with up to nine fraction digits (FZ-07).

export interface Instant {
  /** As it stands in the document. */
  readonly text: string;
  /** Milliseconds since the epoch, rounded down. */
  readonly epochMs: number;
}

const form = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:Z|([+-])(\d{2}):(\d{2}))$/;

/** The instant, or undefined when the text is not RFC 3339 as Go writes it. Leap seconds are refused, as Go does. */
export function parseInstant(text: string): Instant | undefined {
  const m = form.exec(text);
  if (m === null) return undefined;
  const [year, month, day, hour, minute, second] = m.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const offsetHours = Number(m[9] ?? 0);
  const offsetMinutes = Number(m[10] ?? 0);
  if (hour > 23 || minute > 59 || second > 59 || offsetHours > 23 || offsetMinutes > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const fraction = Math.floor(Number(`0.${m[7] ?? '0'}`) * 1000);
  const offset = (offsetHours * 60 + offsetMinutes) * (m[8] === '-' ? -1 : 1);
  const epochMs = date.getTime() + ((hour * 60 + minute - offset) * 60 + second) * 1000 + fraction;
  return { text, epochMs };
}

/** UTC, as Go would write it: the fraction without trailing zeros, none at all when it is zero (dialect 2.4). */
export function instantAt(epochMs: number): Instant {
  const text = new Date(epochMs).toISOString().replace(/\.?0*Z$/, 'Z');
  return { text, epochMs };
}

/** An instant for people: UTC, to the second. */
export function showInstant(epochMs: number): string {
  return Number.isFinite(epochMs) && Math.abs(epochMs) <= 8.64e15
    ? new Date(epochMs).toISOString().replace(/\.\d+Z$/, 'Z')
    : String(epochMs);
}
