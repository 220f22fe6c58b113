// `dct demo`: the whole story of content trust, played in a sandbox that nobody else sees.
import { dirname } from 'node:path';
import { DctError } from '../../base/errors.ts';
import type { RunningSandbox } from '../../sandbox/index.ts';
import type { Context } from '../context.ts';
import { openStage } from '../demo/stage.ts';
import { props, scenes, type Scene } from '../demo/story.ts';

export interface DemoOptions {
  readonly step?: boolean;
  readonly keep?: boolean;
}

/** Of keys that live for seconds; shown, so that a sandbox that is kept can be used. */
const passphrases = {
  DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: 'root key of the demo',
  DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'repository keys of the demo',
};

/**
 * Plays every scene, or stops at the first expectation that does not hold; either way nothing is left.
 * @throws DEMO_FAILED; USAGE for --step without a terminal; INTERRUPTED
 */
export async function demo(context: Context, options: DemoOptions): Promise<void> {
  const pause = pauses(context, options);
  // Ctrl-C ends the story between two scenes, so that what it started is stopped.
  await context.interruption.undisturbed(async () => {
    const { services, console, interruption } = context;
    const sandbox = await services.startSandbox({ registryPort: 0, notaryPort: 0 });
    const directory = dirname(sandbox.settings.shellFile);
    const transport = await services.transport();
    const { stage, leave } = openStage({ context, sandbox, transport, env: passphrases, directory });
    try {
      tell(context, prologue(sandbox));
      const given = props();
      for (const [i, scene] of scenes.entries()) {
        tell(context, heading(i + 1, scene));
        await scene.play(stage, given);
        await pause();
        if (interruption.signal.aborted) throw new DctError('INTERRUPTED', {});
      }
      if (options.keep === true) {
        tell(context, kept(sandbox));
        await interruption.signalled();
      }
    } finally {
      await leave();
      await sandbox.close();
    }
    console.emit({ lines: epilogue, data: { held: true, scenes: scenes.map(({ title }) => title) } });
  });
}

function tell({ console }: Pick<Context, 'console'>, lines: readonly string[]): void {
  if (!console.mode.json) console.emit({ lines, data: undefined });
}

function pauses({ io: { ask } }: Pick<Context, 'io'>, { step }: DemoOptions): () => Promise<void> {
  if (step !== true) return () => Promise.resolve();
  if (ask === undefined) {
    const hint = 'Leave --step out, or run this at a terminal.';
    throw new DctError('USAGE', { problem: '--step waits for Enter, and there is no terminal', hint });
  }
  return async () => {
    await ask('\n  Enter goes on ');
  };
}

function prologue({ registry, notary }: RunningSandbox): readonly string[] {
  return [
    'The story of content trust, in a sandbox of its own: nothing of yours is touched, and nothing stays.',
    '',
    '  $ dct sandbox up &',
    `    registry      http://${registry}`,
    `    trust server  ${notary}`,
    ...Object.entries(passphrases).map(([name, value]) => `  $ export ${name}='${value}'`),
    '',
    '  Lines with $ are what you would type. The demo plays docker itself, with the same requests.',
  ];
}

function heading(number: number, { title, why }: Scene): readonly string[] {
  return ['', `${number}/${scenes.length}  ${title}`, ...wrapped(why).map((line) => `      ${line}`), ''];
}

function kept({ settings }: RunningSandbox): readonly string[] {
  return [
    '',
    'The sandbox and the proxy go on until Ctrl-C. In another terminal:',
    '',
    `  . ${settings.shellFile}`,
    ...Object.entries(passphrases).map(([name, value]) => `  export ${name}='${value}'`),
  ];
}

const epilogue = ['', 'Everything happened as it should. The sandbox is gone, with the keys in it.'];

/** Lines of at most 90 characters. */
function wrapped(text: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 90) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
