// Asking for a secret: what keys do, what is shown, and in which state the terminal is left.
import { PassThrough, Readable } from 'node:stream';
import { expect, describe, test } from 'vitest';
import { askSecret, type TerminalInput } from '../../src/cli/terminal.ts';

/** A terminal that remembers what its programs did to it. */
class FakeTerminal extends Readable implements TerminalInput {
  isRaw = false;
  readonly modes: boolean[] = [];
  /** Whether it still obeys; one that has hung up does not. */
  present = true;

  override _read(): void {
    // Keys come when they are pressed.
  }

  setRawMode(mode: boolean): this {
    if (!this.present) {
      this.emit('error', Object.assign(new Error('setRawMode EIO'), { code: 'EIO' }));
      return this;
    }
    this.modes.push(mode);
    this.isRaw = mode;
    return this;
  }

  press(...chunks: readonly (string | Uint8Array)[]): void {
    for (const chunk of chunks) this.push(Buffer.from(chunk));
  }
}

function session(): { input: FakeTerminal; shown: () => string; answer: () => Promise<string | undefined> } {
  const input = new FakeTerminal();
  const output = new PassThrough();
  let text = '';
  output.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { input, shown: () => text, answer: () => askSecret('Passphrase: ', input, output) };
}

/** The terminal is ours only while we ask: neither raw, nor read, nor listened to. */
function expectReleased(input: FakeTerminal): void {
  expect(input.isRaw).toBe(false);
  expect(input.isPaused()).toBe(true);
  for (const event of ['data', 'error', 'close', 'end']) expect(input.listenerCount(event)).toBe(0);
}

describe('a line', () => {
  const euro = Buffer.from('€');
  test.each<[string, readonly (string | Uint8Array)[], string]>([
    ['typed key by key', ['h', 'u', 's', 'h', '\r'], 'hush'],
    ['pasted at once', ['correct horse battery staple\r'], 'correct horse battery staple'],
    ['ended by a line feed', ['hush\n'], 'hush'],
    ['that is empty', ['\r'], ''],
    ['with blanks at both ends', ['  hush \r'], '  hush '],
    ['of characters beyond ASCII', ['Schlüssel 鍵 🔑\r'], 'Schlüssel 鍵 🔑'],
    ['with a character that arrives in pieces', [euro.subarray(0, 1), euro.subarray(1), '\r'], '€'],
    ['with backspace as DEL', ['husj\x7fh\r'], 'hush'],
    ['with backspace as BS', ['husj\bh\r'], 'hush'],
    ['with backspace on long characters', ['a€🔑\x7f\x7fb\r'], 'ab'],
    ['with backspace on nothing', ['\x7f\x7fhush\r'], 'hush'],
    ['begun again by Ctrl-U', ['wröng\x15hush\r'], 'hush'],
    ['with Ctrl-D in its middle', ['hu\x04sh\r'], 'hush'],
    ['with arrow and function keys', ['hu\x1b[D\x1bOP\x1b[1;5Csh\x1b[3~\r'], 'hush'],
    ['with an arrow key that arrives in pieces', ['hu\x1b', '[', 'Dsh\r'], 'hush'],
    ['with a lone Escape', ['hu\x1b', 'sh\x1b', '\r'], 'hush'],
    ['with other control characters', ['\x00h\x07u\tsh\x1a\r'], 'hush'],
  ])('%s', async (_what, keys, expected) => {
    const { input, shown, answer } = session();
    const answered = answer();
    input.press(...keys);
    expect(await answered).toBe(expected);
    expect(shown()).toBe('Passphrase: \n');
    expectReleased(input);
  });

  test('the echo is off before the prompt invites to type', async () => {
    const input = new FakeTerminal();
    const output = new PassThrough();
    const rawAtWrite: boolean[] = [];
    output.on('data', () => rawAtWrite.push(input.isRaw));
    const answered = askSecret('Passphrase: ', input, output);
    input.press('hush\r');
    await answered;
    expect(rawAtWrite).toEqual([true, false]);
    expect(input.modes).toEqual([true, false]);
  });

  test.each([
    ['as two lines', 'first\rsecond\r'],
    ['with both line ends', 'first\r\nsecond\r\n'],
  ])('pasted together with the next, %s, answers two questions', async (_what, keys) => {
    const { input, answer } = session();
    const first = answer();
    input.press(keys);
    expect(await first).toBe('first');
    expectReleased(input);
    expect(await answer()).toBe('second');
    expectReleased(input);
  });

  test('typed before the question is taken', async () => {
    const { input, answer } = session();
    input.press('hush\r');
    expect(await answer()).toBe('hush');
  });

  test('leaves a terminal raw that was raw before', async () => {
    const { input, answer } = session();
    input.isRaw = true;
    const answered = answer();
    input.press('hush\r');
    await answered;
    expect(input.isRaw).toBe(true);
  });
});

describe('no line', () => {
  test('Ctrl-C is INTERRUPTED, whatever was typed (P-46)', async () => {
    const { input, shown, answer } = session();
    const answered = answer();
    input.press('hu\x03sh\r');
    await expect(answered).rejects.toMatchObject({ code: 'INTERRUPTED', facts: {} });
    expect(shown()).toBe('Passphrase: \n');
    expectReleased(input);
  });

  test('Ctrl-D on an empty line', async () => {
    const { input, answer } = session();
    const answered = answer();
    input.press('oops\x15\x04');
    expect(await answered).toBeUndefined();
    expectReleased(input);
  });

  test.each<[string, (input: FakeTerminal) => void]>([
    ['the end', (input) => input.push(null)],
    ['an error', (input) => input.destroy(new Error('read EIO'))],
    ['a disappearance', (input) => input.destroy()],
  ])('%s, even after some characters', async (_what, happen) => {
    const { input, answer } = session();
    const answered = answer();
    input.press('hu');
    happen(input);
    expect(await answered).toBeUndefined();
    expect(input.isRaw).toBe(false);
  });

  test('a terminal that cannot be silenced is not asked', async () => {
    const { input, shown, answer } = session();
    input.present = false;
    input.press('hush\r');
    expect(await answer()).toBeUndefined();
    expect(shown()).not.toContain('Passphrase');
  });

  test('a terminal that hangs up before it can be restored loses no answer', async () => {
    const { input, answer } = session();
    const answered = answer();
    input.press('hush\r');
    input.present = false;
    expect(await answered).toBe('hush');
  });

  test('a terminal that has ended before is not waited for', async () => {
    const { input, answer } = session();
    input.destroy();
    expect(await answer()).toBeUndefined();
  });
});
