// Every Docker client of this machine: they differ in what `docker trust` really does.
import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { programsCalled } from './search-path.ts';

export interface DockerClient {
  readonly program: string;
  /** As `docker --version` says it. */
  readonly version: string;
  readonly major: number;
}

/** Those that know content trust, which is gone since version 29; in the order of the PATH. */
export function dockerClients(): readonly DockerClient[] {
  const programs = new Set(programsCalled('docker').map((file) => realpathSync(file)));
  return [...programs]
    .map((program): DockerClient => {
      const [, version = '', major = ''] =
        /version ((\d+)[^, ]*)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' })) ?? [];
      return { program, version, major: Number(major) };
    })
    .filter(({ major }) => major < 29);
}
