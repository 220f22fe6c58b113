// Errors as people and as scripts read them: one line says what is wrong, one line says what to do.
import { DctError, printable } from '../base/errors.ts';

/** The form of an error under `--json`; facts are the values that the sentences were made from. */
export interface ErrorReport {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly next: string;
    readonly facts: Readonly<Record<string, string | number>>;
  };
}

export function errorJson(error: DctError): ErrorReport {
  const { code, message, next, facts } = error;
  return { error: { code, message, next, facts } };
}

/** Cause and next step. */
export function errorLines(error: DctError): readonly [cause: string, next: string] {
  return [error.message, error.next];
}

/** What lies behind an error, outermost first; a stack only for defects of ours. For `--verbose`. */
export function causeLines(error: DctError): readonly string[] {
  const lines: string[] = [];
  let cause: unknown = error.cause;
  for (let depth = 0; cause !== undefined && depth < 8; depth++) {
    const text = describe(cause, error.code === 'BUG');
    lines.push(...text.split('\n').map((line) => `caused by: ${printable(line.trim())}`));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines;
}

function describe(cause: unknown, withStack: boolean): string {
  if (cause instanceof DctError) return `${cause.code}: ${cause.message}`;
  if (cause instanceof Error)
    return withStack && cause.stack !== undefined ? cause.stack : `${cause.name}: ${cause.message}`;
  return typeof cause === 'string' ? cause : typeof cause;
}
