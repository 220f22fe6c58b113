// Key commands with somebody else in the way: interrupted at the prompt, answered wrongly, several at the same time.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { vector } from '../keystore/vectors.ts';
import { temporaryDirectory } from '../disk/support.ts';
import { succeeds } from '../support/real/clients.ts';
import { buildImage, pushImage } from '../support/real/image.ts';
import { keyUser, type KeyUser } from '../support/real/key-user.ts';
import { describeReal } from '../support/real/requirement.ts';
import { useStage } from '../support/real/use-stage.ts';

const dct = resolve('bin/dct.js');
const alice = vector('docker-alice');

describeReal(['script'], 'P-46: at a prompt', () => {
  let user: KeyUser;

  beforeEach(async () => {
    user = keyUser(await temporaryDirectory());
  });

  /** Runs the command at a terminal; `react` gets everything that was shown, whenever there is more. */
  async function atTerminal(args: string, react: (shown: string, type: (keys: string) => void) => void) {
    const kept = Object.entries(user.environment).filter(([name]) => !name.endsWith('_PASSPHRASE'));
    const env = { ...Object.fromEntries(kept), NODE: process.execPath, DCT: dct };
    const line = `sh -c 'echo PID=$$; exec "$NODE" "$DCT" ${args}'; echo "EXIT=$?"; stty -a`;
    const child = spawn('script', ['-qec', line, '/dev/null'], { env, cwd: user.home });
    let shown = '';
    child.stdout.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
      react(shown, (keys) => child.stdin.write(keys));
    });
    await once(child, 'exit');
    return shown;
  }

  const expectRestored = (shown: string): void => {
    expect(shown).toContain('EXIT=130');
    expect(shown).toMatch(/[ ;]echo[ ;]/);
    expect(shown).toMatch(/[ ;]icanon[ ;]/);
  };

  it.each([
    ['Ctrl-C', (_pid: number, type: (keys: string) => void) => type('\u0003')],
    ['SIGINT', (pid: number) => process.kill(pid, 'SIGINT')],
    ['SIGTERM', (pid: number) => process.kill(pid, 'SIGTERM')],
  ])(
    'one %s ends the command with 130, restores the terminal, and leaves nothing (P-46, PB-16)',
    async (_what, interrupt) => {
      let done = false;
      const shown = await atTerminal('key generate zoe', (text, type) => {
        const pid = Number(/PID=(\d+)/.exec(text)?.[1]);
        if (done || !text.includes('New passphrase')) return;
        done = true;
        interrupt(pid, type);
      });
      expectRestored(shown);
      expect((await user.dct(['key', 'list', '--json'])).stdout).toContain('"keys": []');
    },
  );

  it('short, weak and mistyped passphrases are asked for again, and nothing that is typed appears', async () => {
    const answers = ['tiny77', 'password1', 'good enough 1', 'good enough 2'];
    let asked = 0;
    const shown = await atTerminal('key generate zoe', (text, type) => {
      const prompts = text.match(/(?:New|Repeat the) passphrase for [^:]+: /g)?.length ?? 0;
      while (asked < prompts) type(`${answers[asked++] ?? ''}\r`);
    });
    expect(shown).toContain('EXIT=6');
    for (const answer of answers) expect(shown).not.toContain(answer);
    expect(shown).toMatch(/shorter than 8[^]*everybody tries[^]*differ/);
  });

  it('a question is answered with yes, and anything else is no', async () => {
    const store = join(user.trustDirectory, 'private');
    await mkdir(store, { recursive: true, mode: 0o700 });
    await writeFile(join(store, `${alice.keyId}.key`), alice.text, { mode: 0o600 });
    const remove = (answer: string): Promise<string> => {
      let answered = false;
      return atTerminal(`key remove ${alice.keyId}`, (text, type) => {
        if (answered || !text.includes('[y/N]')) return;
        answered = true;
        type(answer);
      });
    };
    expect(await remove('n\r')).toContain('EXIT=9');
    expect(await remove('\r')).toContain('EXIT=9');
    expectRestored(await remove('\u0003'));
    expect(await readdir(store)).toEqual([`${alice.keyId}.key`]);
    expect(await remove('y\r')).toContain('EXIT=0');
    expect(await readdir(store)).toEqual([]);
  });
});

describeReal(
  ['notary-server', 'docker-registry', 'openssl'],
  'KS-08: first signatures at the same time',
  () => {
    const stage = useStage();

    it('four repositories at once share one root key, which notary lists once', async () => {
      const user = await stage.user();
      const repositories = [1, 2, 3, 4].map(() => stage.newRepository());
      for (const repository of repositories)
        await pushImage(stage.registry.url, stage.pathOf(repository), buildImage(), '1.0');
      await Promise.all(repositories.map((repository) => succeeds(user.dct(['sign', `${repository}:1.0`]))));
      const { stdout } = await succeeds(user.dct(['key', 'list', '--json']));
      const { keys } = JSON.parse(stdout) as { keys: { role: string; gun: string | null }[] };
      expect(keys.filter(({ role }) => role === 'root')).toHaveLength(1);
      expect(
        keys
          .filter(({ role }) => role === 'targets')
          .map(({ gun }) => gun)
          .sort(),
      ).toEqual([...repositories].sort());
    });
  },
);
