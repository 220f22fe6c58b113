// Asks at the terminal: of a secret, nothing that is typed appears, and the terminal is as it was afterwards.
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { DctError } from '../base/errors.ts';

/** What `askSecret` needs of `process.stdin` when that is a terminal. */
export type TerminalInput = Readable & {
  readonly isRaw: boolean;
  setRawMode(mode: boolean): unknown;
};

/**
 * Shows the prompt on `output` and reads one line from `input` without echo. Backspace takes back one character, Ctrl-U
 * all of them. What was typed or pasted beyond the line stays in the stream for whoever reads it next.
 * @returns the line without its end; undefined when there is none: Ctrl-D on an empty line, or the terminal went away
 * @throws INTERRUPTED on Ctrl-C
 */
export async function askSecret(
  prompt: string,
  input: TerminalInput = process.stdin,
  output: Writable = process.stderr,
): Promise<string | undefined> {
  if (input.readableEnded || input.destroyed) return undefined;
  const outcome = await new Promise<Outcome>((resolve) => {
    const line = new HiddenLine();
    const wasRaw = input.isRaw;
    let settled = false;
    const settle = (outcome: Outcome): void => {
      if (settled) return;
      settled = true;
      input.off('data', onData);
      input.pause();
      // Still listening: a terminal that is gone makes an error of this, too.
      input.setRawMode(wasRaw);
      for (const event of gone) input.off(event, onGone);
      resolve(outcome);
    };
    const onData = (chunk: Uint8Array): void => {
      const end = line.take(chunk);
      if (end === undefined) return;
      settle(end.outcome);
      if (end.rest.byteLength > 0) input.unshift(end.rest);
    };
    // A terminal that hangs up gives an end or an error. An unfinished line is no answer.
    const onGone = (): void => {
      settle({ kind: 'none' });
    };
    for (const event of gone) input.on(event, onGone);
    // Before the prompt, or the first quick characters would be echoed.
    input.setRawMode(true);
    if (!input.isRaw) {
      onGone();
      return;
    }
    output.write(prompt);
    input.on('data', onData);
    input.resume();
  });
  output.write('\n');
  if (outcome.kind === 'interrupted') throw new DctError('INTERRUPTED', {});
  return outcome.kind === 'line' ? outcome.text : undefined;
}

/** The same with echo, for answers that are no secrets. @throws INTERRUPTED on Ctrl-C */
export function askLine(
  prompt: string,
  input: Readable = process.stdin,
  output: Writable = process.stderr,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input, output, terminal: 'isRaw' in input });
    lines.once('SIGINT', () => {
      reject(new DctError('INTERRUPTED', {}));
      lines.close();
    });
    lines.once('close', () => {
      output.write('\n');
      resolve(undefined);
    });
    lines.question(prompt, (answer) => {
      lines.removeAllListeners('close');
      lines.close();
      resolve(answer);
    });
  });
}

/** What a terminal says when it is taken away. */
const gone = ['end', 'close', 'error'] as const;

type Outcome = { kind: 'line'; text: string } | { kind: 'none' } | { kind: 'interrupted' };

interface End {
  readonly outcome: Outcome;
  /** What came after the line. */
  readonly rest: Uint8Array;
}

const key = {
  ctrlC: 0x03,
  ctrlD: 0x04,
  backspace: 0x08,
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  ctrlU: 0x15,
  escape: 0x1b,
  delete: 0x7f,
} as const;

/** A line under edition, as bytes: a character may arrive in pieces, and no byte of a longer one looks like a key. */
class HiddenLine {
  #bytes: number[] = [];
  #sequence: 'none' | 'begun' | 'parameters' | 'last' = 'none';

  /** Takes what was typed; answers once the line has ended. */
  take(chunk: Uint8Array): End | undefined {
    for (const [index, byte] of chunk.entries()) {
      if (this.#isSequence(byte)) continue;
      const outcome = this.#press(byte);
      if (outcome === undefined) continue;
      // A pasted line may end in both characters of the pair.
      const pair = byte === key.carriageReturn && chunk[index + 1] === key.lineFeed;
      return { outcome, rest: chunk.subarray(index + (pair ? 2 : 1)) };
    }
    return undefined;
  }

  #press(byte: number): Outcome | undefined {
    if (byte === key.ctrlC) return { kind: 'interrupted' };
    if (byte === key.ctrlD && this.#bytes.length === 0) return { kind: 'none' };
    if (byte === key.carriageReturn || byte === key.lineFeed)
      return { kind: 'line', text: Buffer.from(this.#bytes).toString('utf8') };
    if (byte === key.backspace || byte === key.delete) this.#eraseCharacter();
    else if (byte === key.ctrlU) this.#bytes = [];
    else if (byte >= 0x20) this.#bytes.push(byte);
    return undefined;
  }

  /** UTF-8: the continuation bytes, then the one that they continue (RFC 3629 3). */
  #eraseCharacter(): void {
    while (((this.#bytes.pop() ?? 0) & 0xc0) === 0x80);
  }

  /** Arrow and function keys send `ESC [ parameters letter` or `ESC O letter` (ECMA-48 5.4); they are no part of a secret. */
  #isSequence(byte: number): boolean {
    if (this.#sequence === 'none') {
      if (byte === key.escape) this.#sequence = 'begun';
      return byte === key.escape;
    }
    if (this.#sequence === 'begun') {
      if (byte === key.escape) return true;
      this.#sequence = byte === 0x5b ? 'parameters' : byte === 0x4f ? 'last' : 'none';
      return this.#sequence !== 'none';
    }
    const isControl = byte < 0x20;
    if (isControl || this.#sequence === 'last' || byte >= 0x40) this.#sequence = 'none';
    return !isControl;
  }
}
