// The `docker` command, on whichever engine the environment names.
import { execFileSync } from 'node:child_process';

/** Answers what it prints; `input` is what it reads: nothing, or an open file. */
export function docker(args, env, input = 'ignore') {
  return execFileSync('docker', args, { env, stdio: [input, 'pipe', 'inherit'], encoding: 'utf8' });
}
