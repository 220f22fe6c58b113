// The world of a command that dct runs inside of itself: an environment and a home of its own, and nobody to ask.
import type { Io, Sink } from './io.ts';

export interface InnerIo {
  readonly env: Readonly<Record<string, string>>;
  /** Absolute path: home and working directory, so that nothing of the user's is touched. */
  readonly directory: string;
  /** Takes everything that is printed. */
  readonly output: Sink;
  readonly interrupted: AbortSignal;
}

export function innerIo(io: Io, { env, directory, output, interrupted }: InnerIo): Io {
  return {
    ...io,
    env,
    home: directory,
    workingDirectory: directory,
    stdout: output,
    stderr: output,
    interrupted,
    askSecret: undefined,
    ask: undefined,
  };
}
