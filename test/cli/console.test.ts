// Streams, colours and escapes: what a command's voice may do to a terminal and to a pipe.
import { describe, expect, it } from 'vitest';
import { DctError } from '../../src/base/errors.ts';
import { Console, type Mode } from '../../src/cli/console.ts';
import { fakeIo, type World } from './support.ts';

const plain: Mode = { json: false, quiet: false, verbose: false };

function speak(mode: Partial<Mode>, say: (console: Console) => void, world: World = {}) {
  const written = { stdout: '', stderr: '' };
  const console = new Console(fakeIo(world, written), { ...plain, ...mode });
  say(console);
  console.close();
  return { ...written, errors: console.errors.map(({ code }) => code) };
}

const everything = (console: Console): void => {
  console.debug('a detail');
  console.info('some news');
  console.warn('a danger');
  console.emit({ lines: ['the answer'], data: { answer: 42 } });
};

describe('streams', () => {
  it.each([
    { mode: {}, stderr: 'some news\nwarning: a danger\n' },
    { mode: { quiet: true }, stderr: 'warning: a danger\n' },
    { mode: { verbose: true }, stderr: 'debug: a detail\nsome news\nwarning: a danger\n' },
  ])('results on stdout, the rest on stderr: $mode', ({ mode, stderr }) => {
    expect(speak(mode, everything)).toMatchObject({ stdout: 'the answer\n', stderr });
  });

  it('under --json both streams are JSON', () => {
    const { stdout, stderr } = speak({ json: true, verbose: true }, everything);
    expect(JSON.parse(stdout)).toEqual({ answer: 42 });
    const objects = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(objects).toEqual([{ debug: 'a detail' }, { info: 'some news' }, { warning: 'a danger' }]);
  });
});

describe('errors', () => {
  const error = new DctError('MANIFEST_UNKNOWN', { reference: 'a:1' }, new TypeError('below'));

  it('are one line of cause and one of next step (P-51)', () => {
    const { stdout, stderr, errors } = speak({}, (console) => console.fail(error));
    expect(stdout).toBe('');
    expect(stderr).toBe('dct: the registry has no a:1\nnext: Check the name, or push the image first.\n');
    expect(errors).toEqual(['MANIFEST_UNKNOWN']);
  });

  it('carry code and facts under --json', () => {
    const { stderr } = speak({ json: true }, (console) => console.fail(error));
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: 'MANIFEST_UNKNOWN',
        message: 'the registry has no a:1',
        next: 'Check the name, or push the image first.',
        facts: { reference: 'a:1' },
      },
    });
  });

  it('show what is behind them only when asked', () => {
    expect(speak({ verbose: true }, (console) => console.fail(error)).stderr).toContain(
      'caused by: TypeError: below',
    );
    expect(speak({}, (console) => console.fail(error)).stderr).not.toContain('below');
  });

  it.each([{ thrown: new TypeError('x is not a function') }, { thrown: 'text' }, { thrown: undefined }])(
    'that nobody foresaw are bugs, without a stack unless asked: $thrown',
    ({ thrown }) => {
      const { stderr, errors } = speak({}, (console) => console.fail(thrown));
      expect(errors).toEqual(['BUG']);
      expect(stderr.split('\n')).toHaveLength(3);
    },
  );

  it('show the stack of a bug under --verbose', () => {
    const { stderr } = speak({ verbose: true }, (console) => console.fail(new TypeError('oops')));
    expect(stderr).toMatch(/caused by: at /);
  });
});

describe('terminals', () => {
  const fail = (console: Console): void => console.fail(new DctError('INTERRUPTED', {}));

  it.each([
    { why: 'a terminal', world: { terminal: true }, coloured: true },
    { why: 'a pipe', world: {}, coloured: false },
    { why: 'NO_COLOR', world: { terminal: true, env: { NO_COLOR: '1' } }, coloured: false },
    { why: 'an empty NO_COLOR', world: { terminal: true, env: { NO_COLOR: '' } }, coloured: true },
    { why: 'a dumb terminal', world: { terminal: true, env: { TERM: 'dumb' } }, coloured: false },
  ])('colour on $why: $coloured', ({ world, coloured }) => {
    expect(speak({}, fail, world).stderr.includes('\u001b[31m')).toBe(coloured);
  });

  it('progress is one object a line under --json, on a terminal or not, and nothing under --quiet', () => {
    const work = (console: Console): void => {
      for (const step of ['first', 'second']) console.progress(step);
      console.emit({ lines: [], data: { done: true } });
    };
    for (const terminal of [false, true]) {
      const { stdout, stderr } = speak({ json: true }, work, { terminal });
      expect(stderr).toBe('{"progress":"first"}\n{"progress":"second"}\n');
      expect(JSON.parse(stdout)).toEqual({ done: true });
    }
    expect(speak({ json: true, quiet: true }, work).stderr).toBe('');
  });

  it('progress is seen on a terminal only, and is gone before the next line', () => {
    const work = (console: Console): void => {
      console.progress('half');
      console.emit({ lines: ['done'], data: null });
    };
    expect(speak({}, work).stderr).toBe('');
    expect(speak({ quiet: true }, work, { terminal: true }).stderr).toBe('');
    expect(speak({}, work, { terminal: true }).stderr).toBe('\r\u001b[Khalf\r\u001b[K');
  });

  const hostile = 'x\u001b[2Jy\u202ez\r\u0007\u009b1m';
  it.each([
    { channel: 'results', say: (console: Console) => console.emit({ lines: [hostile], data: hostile }) },
    { channel: 'warnings', say: (console: Console) => console.warn(hostile) },
    { channel: 'news', say: (console: Console) => console.info(hostile) },
    { channel: 'details', say: (console: Console) => console.debug(hostile) },
    { channel: 'progress', say: (console: Console) => console.progress(hostile) },
    { channel: 'errors', say: (console: Console) => console.fail(new DctError('BUG', { problem: hostile })) },
    {
      channel: 'causes',
      say: (console: Console) => console.fail(new DctError('BUG', { problem: '' }, new Error(hostile))),
    },
  ])('EX-02: $channel cannot repaint the screen', ({ say }) => {
    for (const json of [false, true]) {
      const { stdout, stderr } = speak({ json, verbose: true }, say);
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
      if (json && stdout !== '') expect(JSON.parse(stdout)).toBe(hostile);
    }
  });
});
