// The one error class: a code from the catalogue, its facts, and sentences made from them.
import { catalogue, type Code, type Facts } from './errors/catalogue.ts';
import type { Entry, Family } from './errors/define.ts';

export type { Code, Facts } from './errors/catalogue.ts';
export type { Family } from './errors/define.ts';

/** Every failure that dct foresees. Compare `code`; `message` is one line for people, `next` says what to do. */
export class DctError<C extends Code = Code> extends Error {
  override readonly name = 'DctError';
  readonly code: C;
  readonly family: Family;
  readonly facts: Readonly<Record<string, string | number>>;
  readonly next: string;

  constructor(code: C, facts: Facts<C>, cause?: unknown) {
    const entry = catalogue[code] as unknown as Entry<Facts<C>>;
    super(printable(entry.say(facts)), cause === undefined ? undefined : { cause });
    this.code = code;
    this.family = entry.family;
    this.facts = Object.freeze({ ...(facts as Record<string, string | number>) });
    this.next = printable(entry.next(facts));
  }
}

/** True for errors of the catalogue, narrowed to the codes that are given, if any are. */
export function isDctError<C extends Code = Code>(
  error: unknown,
  ...codes: readonly C[]
): error is DctError<C> {
  return error instanceof DctError && (codes.length === 0 || codes.includes(error.code as C));
}

/**
 * Whatever was thrown, as an error of the catalogue. What is not foreseen there is a defect of ours, apart from a lack of file
 * descriptors: it strikes anywhere, the loading of our own code included.
 */
export function foreseen(thrown: unknown): DctError {
  if (isDctError(thrown)) return thrown;
  const problem = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  const { code } = (thrown instanceof Error ? thrown : {}) as { readonly code?: unknown };
  if (code === 'EMFILE' || code === 'ENFILE') return new DctError('TOO_FEW_DESCRIPTORS', { problem }, thrown);
  return new DctError('BUG', { problem }, thrown);
}

/** At most 200 characters of what somebody else wrote: an error and a line of the log are no place for all of it. */
export function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}

/**
 * Text that is safe to show on a terminal: control characters, escape sequences and bidirectional overrides become
 * visible escapes (EX-02), so that no server and no tag can repaint an operator's screen.
 */
export function printable(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
