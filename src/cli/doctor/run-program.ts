// Runs a container program to its end, and takes what it prints as it is.
import { spawn } from 'node:child_process';

export interface Ran {
  /** Exit status; undefined when it was ended by a signal, or took too long. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Answers undefined when there is no such program. `env` is added to the environment. */
export type RunProgram = (
  program: string,
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
) => Promise<Ran | undefined>;

const timeoutMs = 120_000;
const outputCharacters = 1024 * 1024;

/** @param environment what every program finds in its environment */
export function programRunner(environment: Readonly<Record<string, string | undefined>>): RunProgram {
  return (program, args, env = {}) =>
    new Promise((resolve) => {
      const child = spawn(program, args, {
        env: { ...environment, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
      });
      const printed = { stdout: '', stderr: '' };
      for (const name of ['stdout', 'stderr'] as const) {
        child[name].setEncoding('utf8').on('data', (text: string) => {
          if (printed[name].length < outputCharacters) printed[name] += text;
        });
      }
      child.once('error', () => resolve(undefined));
      child.once('close', (code) => resolve({ code: code ?? undefined, ...printed }));
    });
}
