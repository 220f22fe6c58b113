// Where the demo plays: it runs commands of `dct` as a user would type them, and says what was expected and what happened.
import { DctError } from '../../base/errors.ts';
import type { Transport } from '../../base/ports.ts';
import type { RunningSandbox } from '../../sandbox/index.ts';
import type { Context } from '../context.ts';
import { innerIo } from '../inner-io.ts';
import type { Io, Sink } from '../io.ts';

export interface Stage {
  readonly sandbox: RunningSandbox;
  readonly transport: Transport;
  /** Prints a command and runs it; answers its exit code and everything it printed. */
  readonly dct: (...args: readonly string[]) => Promise<Outcome>;
  /** Prints a command of another program, whose part the demo plays itself. */
  readonly command: (text: string) => void;
  /** Prints lines of output. */
  readonly output: (...lines: readonly string[]) => void;
  /** Prints what was expected, and whether it came. @throws DEMO_FAILED when it did not, INTERRUPTED */
  readonly expect: (held: boolean, expectation: string) => void;
  /** Starts the proxy in front of the sandbox's registry; answers its `HOST:PORT`. It stops with the stage. */
  readonly startProxy: () => Promise<string>;
}

export interface Outcome {
  readonly code: number;
  readonly text: string;
}

export interface StageOptions {
  readonly context: Pick<Context, 'io' | 'console' | 'main'>;
  readonly sandbox: RunningSandbox;
  readonly transport: Transport;
  /** What the commands find in their environment, besides what the sandbox sets. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute path: home and working directory of the commands, so that they touch nothing of the user's. */
  readonly directory: string;
}

/** Answers the stage, and how to leave it. */
export function openStage(options: StageOptions): {
  readonly stage: Stage;
  readonly leave: () => Promise<void>;
} {
  const { sandbox, transport, directory } = options;
  const { io, console, main } = options.context;
  const leaving = new AbortController();
  const ending: Promise<unknown>[] = [];

  const say = (...lines: readonly string[]): void => {
    // The story is for people; under --json only its outcome is told, at the end.
    if (!console.mode.json) console.emit({ lines, data: undefined });
  };
  const env = {
    DOCKER_CONFIG: sandbox.settings.dockerDirectory,
    DOCKER_CONTENT_TRUST_SERVER: sandbox.notary,
    ...options.env,
  };
  const inside = (output: Sink, interrupted: AbortSignal): Io =>
    innerIo(io, { env, directory, output, interrupted });

  const stage: Stage = {
    sandbox,
    transport,
    command: (text) => say(`  $ ${text}`),
    output: (...lines) => say(...lines.map((line) => (line === '' ? '' : `    ${line}`))),
    expect: (held, expectation) => {
      // A command that Ctrl-C ended did not do what was expected, and that is no defect.
      if (!held && io.interrupted.aborted) throw new DctError('INTERRUPTED', {});
      if (!held) throw new DctError('DEMO_FAILED', { expectation });
      say(`  ✓ ${expectation}`);
    },
    dct: async (...args) => {
      stage.command(`dct ${args.join(' ')}`);
      const printed: string[] = [];
      const output: Sink = { isTerminal: false, write: (text) => printed.push(text) };
      const code = await main(args, inside(output, io.interrupted));
      const text = printed.join('');
      if (text !== '') stage.output(...text.replace(/\n$/, '').split('\n'));
      return { code, text };
    },
    startProxy: () => {
      const args = [
        'proxy',
        '--listen',
        '127.0.0.1:0',
        '--registry',
        sandbox.registry,
        '--refresh',
        '0',
        '--no-cache',
      ];
      stage.command(`dct ${args.join(' ')} &`);
      return new Promise((resolve, reject) => {
        const output: Sink = {
          isTerminal: false,
          write: (text) => {
            stage.output(...proxyLines(text));
            const [, address] = /listening on http:\/\/(\S+)/.exec(text) ?? [];
            if (address !== undefined) resolve(address);
          },
        };
        const running = main(args, inside(output, leaving.signal));
        ending.push(running);
        running.then(
          (code) => reject(new DctError('BUG', { problem: `the proxy ended with ${code}` })),
          reject,
        );
      });
    },
  };
  return {
    stage,
    leave: async () => {
      leaving.abort();
      await Promise.all(ending);
    },
  };
}

/** Of the proxy's log what matters here: where it listens, and what it would not serve. */
function proxyLines(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    if (line.startsWith('dct proxy listening')) return [line];
    const [, verdict, reason] = /"verdict":"(refused|cut)","reason":"([A-Z_]+)"/.exec(line) ?? [];
    return verdict === undefined ? [] : [`(the proxy's log: ${verdict}, ${String(reason)})`];
  });
}
