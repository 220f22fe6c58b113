// Completion as the shells themselves carry it out: commands, options, and files where files are expected.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { run } from '../cli/support.ts';
import { describeReal } from '../support/real/requirement.ts';

const directory = mkdtempSync(join(tmpdir(), 'dct-completion-'));
const files = ['alice.pub', 'two words.pub'];

beforeAll(async () => {
  for (const name of files) writeFileSync(join(directory, name), '');
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout, stderr } = await run(['completion', shell], { services: {} });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    writeFileSync(join(directory, `completion.${shell}`), stdout);
  }
});

/** How a shell is asked: its arguments, when the words of a command line are given behind them. */
const askers = {
  // COMP_WORDBREAKS has = in it, so bash hands `--a=b` over in three words.
  bash: `source completion.bash
    COMP_WORDS=() COMP_CWORD=$(($# - 1))
    for word; do
      if [[ $word == --*=* ]]; then COMP_WORDS+=("\${word%%=*}" = "\${word#*=}"); ((COMP_CWORD += 2)); else COMP_WORDS+=("$word"); fi
    done
    _dct && printf '%s\\n' "\${COMPREPLY[@]}"`,
  // Only what a line editor would do is put in the place of zsh's own functions.
  zsh: `compdef() { :; }; _message() { :; }
    _describe() { print -l -- "\${(@)\${(P)\${@[-1]}}%%:*}"; }
    _files() { print -l -- *; }
    compset() { PREFIX=\${PREFIX#$~2}; }
    source ./completion.zsh
    words=("$@") CURRENT=$# PREFIX=\${@[-1]}
    _dct > found
    while read -r word; do if [[ $word == $PREFIX* ]]; then print -r -- $word; fi; done < found`,
  fish: `source completion.fish
    complete -C (string join ' ' -- $argv) | string replace -r '\\t.*' '' | string unescape; true`,
} as const;

function complete(shell: keyof typeof askers, line: readonly string[]): readonly string[] {
  const argv = ['-c', askers[shell], ...(shell === 'fish' ? [] : ['ask']), ...line];
  const options = {
    cwd: directory,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: directory },
  } as const;
  return execFileSync(shell, argv, options)
    .split('\n')
    .filter((word) => word !== '');
}

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  describeReal([shell], `completion for ${shell}`, () => {
    it.each([
      { line: ['ver'], words: ['verify'] },
      { line: ['key', 'ro'], words: ['rotate'] },
      { line: ['key', 'rotate', '--server-m'], words: ['--server-managed'] },
      { line: ['--json', 'key', 'ro'], words: ['rotate'] },
      // The value of an option is no command, and neither is what stands for an image.
      { line: ['--server', 'key', 'ver'], words: ['verify'] },
      { line: ['resolve', 'key', 'ro'], words: [] },
      { line: ['list', '--dig'], words: ['--digest'] },
      { line: ['list', '--dry'], words: [] },
      { line: ['sign', '--dry'], words: ['--dry-run'] },
      { line: ['list', '--verb'], words: ['--verbose'] },
      { line: ['completion', 'z'], words: ['zsh'] },
    ])('dct $line: $words', ({ line, words }) => {
      expect(complete(shell, ['dct', ...line])).toEqual(words);
    });

    it.each([
      { line: ['key', 'import', 'ali'] },
      { line: ['publish', 'ali'] },
      { line: ['list', '--tlscacert', 'ali'] },
      { line: ['--passphrase-file', 'ali'] },
    ])('dct $line: a file is expected', ({ line }) => {
      expect(complete(shell, ['dct', ...line])).toEqual(['alice.pub']);
    });

    it('files keep the blanks in their names', () => {
      expect(complete(shell, ['dct', 'key', 'import', 'two'])).toEqual(['two words.pub']);
    });

    it.each([
      { line: ['list', 'ali'] },
      { line: ['list', '--digest', 'ali'] },
      { line: ['key', 'remove', 'ali'] },
    ])('dct $line: no file is expected', ({ line }) => {
      expect(complete(shell, ['dct', ...line])).toEqual([]);
    });

    it('names every command', async () => {
      const { stdout } = await run(['--help']);
      const [, commands = ''] = stdout.split('Commands:\n');
      const names = [...commands.matchAll(/^ {2}([a-z]+)/gmu)].map(([, name]) => name);
      expect([...complete(shell, ['dct', ''])].sort()).toEqual([...names].sort());
    });
  });
}

describeReal(['bash', 'zsh'], 'completion of a file behind =', () => {
  it.each(['bash', 'zsh'] as const)('%s', (shell) => {
    const [word = ''] = complete(shell, ['dct', '--tlscacert=ali']);
    expect(word).toBe('alice.pub');
  });
});
