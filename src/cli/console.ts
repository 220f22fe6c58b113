// What a command says: results on stdout, everything else on stderr, as text or, under --json, as one object a line.
import { type DctError, foreseen, printable } from '../base/errors.ts';
import type { Notices } from '../base/ports.ts';
import type { Io, Sink } from './io.ts';
import { causeLines, errorJson, errorLines } from './report.ts';

export interface Mode {
  readonly json: boolean;
  /** Results, warnings and errors only. */
  readonly quiet: boolean;
  /** Also what was asked of whom, and the causes behind an error. */
  readonly verbose: boolean;
}

/** A command's answer in both forms. */
export interface Result {
  /** For people, and for `$(...)`. */
  readonly lines: readonly string[];
  /** For `--json`. */
  readonly data: unknown;
}

const red = 31;
const yellow = 33;

/**
 * One command's voice. Everything passes through `printable` here, so no server and no tag can repaint the terminal (EX-02);
 * a tab is left alone.
 */
export class Console implements Notices {
  readonly mode: Mode;
  readonly #stdout: Sink;
  readonly #stderr: Sink;
  readonly #colour: boolean;
  readonly #errors: DctError[] = [];
  #progress = false;

  constructor(io: Pick<Io, 'stdout' | 'stderr' | 'env'>, mode: Mode) {
    this.mode = mode;
    this.#stdout = io.stdout;
    this.#stderr = io.stderr;
    this.#colour = io.stderr.isTerminal && (io.env['NO_COLOR'] ?? '') === '' && io.env['TERM'] !== 'dumb';
  }

  /** Everything that failed so far, in order. */
  get errors(): readonly DctError[] {
    return this.#errors;
  }

  emit(result: Result): void {
    this.#clearProgress();
    // Escapes of `printable` are escapes of JSON too, so what it replaces inside a string stays the same value.
    const lines = this.mode.json ? JSON.stringify(result.data, null, 4).split('\n') : result.lines;
    for (const line of lines) this.#stdout.write(`${safe(line)}\n`);
  }

  /**
   * A document exactly as it is, for programs. A terminal gets it as safe as everything else; what `printable` replaces inside
   * a JSON string stays the same value there.
   */
  emitDocument(text: string): void {
    this.#clearProgress();
    this.#stdout.write(this.#stdout.isTerminal ? `${text.split('\n').map(safe).join('\n')}\n` : text);
  }

  /** Reports an error and goes on: the command ends with its exit code in the end. */
  fail(error: unknown): void {
    const known = foreseen(error);
    this.#errors.push(known);
    if (this.mode.json) {
      this.#object(errorJson(known));
    } else {
      const [cause, next] = errorLines(known);
      this.#line(`${this.#paint('dct:', red)} ${safe(cause)}`);
      this.#line(`next: ${safe(next)}`);
    }
    if (this.mode.verbose) for (const line of causeLines(known)) this.debug(line);
  }

  warn(line: string): void {
    if (this.mode.json) this.#object({ warning: line });
    else this.#line(`${this.#paint('warning:', yellow)} ${safe(line)}`);
  }

  info(line: string): void {
    if (this.mode.quiet) return;
    if (this.mode.json) this.#object({ info: line });
    else this.#line(safe(line));
  }

  debug(line: string): void {
    if (!this.mode.verbose) return;
    if (this.mode.json) this.#object({ debug: line });
    else this.#line(`debug: ${safe(line)}`);
  }

  /** Replaces the progress line of a terminal; under --json, one object for each step; does nothing anywhere else. */
  progress(line: string): void {
    if (this.mode.quiet) return;
    if (this.mode.json) {
      this.#object({ progress: line });
      return;
    }
    if (!this.#stderr.isTerminal) return;
    this.#stderr.write(`\r\u001b[K${safe(line)}`);
    this.#progress = true;
  }

  /** Ends the command's output. */
  close(): void {
    this.#clearProgress();
  }

  #object(value: unknown): void {
    this.#line(safe(JSON.stringify(value)));
  }

  #line(line: string): void {
    this.#clearProgress();
    this.#stderr.write(`${line}\n`);
  }

  #clearProgress(): void {
    if (this.#progress) this.#stderr.write('\r\u001b[K');
    this.#progress = false;
  }

  #paint(text: string, colour: number): string {
    return this.#colour ? `\u001b[${colour}m${text}\u001b[0m` : text;
  }
}

function safe(line: string): string {
  return line.split('\t').map(printable).join('\t');
}
