// Compiles dct before tests against the real programs run it as a command, so that they never try yesterday's build.
import { execFileSync } from 'node:child_process';

/** Vitest's global set-up of the project `real`. @throws when the compiler has something to complain about */
export default function build(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
}
