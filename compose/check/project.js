// compose.yaml as a project of its own on one engine: commands in its containers, and what is left of it.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { docker } from './docker.js';

const name = 'dct-sandbox-check';

export class Project {
  #top;
  #env;
  #compose;

  constructor(top, env) {
    this.#top = top;
    this.#env = env;
    const isPlugin = spawnSync('docker', ['compose', 'version'], { env, stdio: 'ignore' }).status === 0;
    this.#compose = isPlugin ? ['docker', 'compose'] : ['docker-compose'];
  }

  /** Runs `docker compose`, whichever of its two versions is installed. */
  compose(args) {
    const [program, ...words] = this.#compose;
    const options = { cwd: this.#top, env: this.#env, stdio: ['ignore', 'inherit', 'inherit'] };
    execFileSync(program, [...words, '-p', name, ...args], options);
  }

  /** Runs a shell's command line in a service, shows it, and answers its exit status and all that it printed. */
  try(service, line) {
    console.log(`${service}$ ${line}`);
    const [program, ...words] = this.#compose;
    const args = [...words, '-p', name, 'exec', '-T', service, 'sh', '-c', `${line}`];
    const options = { cwd: this.#top, env: this.#env, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' };
    const { status, stdout, stderr } = spawnSync(program, args, options);
    process.stdout.write(`${stdout}${stderr}`);
    return { status, stdout: stdout.trim(), output: stdout + stderr };
  }

  /** The same for a command that must succeed; answers what it wrote to standard output. */
  run(service, line) {
    const { status, stdout } = this.try(service, line);
    assert.equal(status, 0, `in ${service}: ${line}`);
    return stdout;
  }

  /** The same for a command that must fail, and say why. */
  refused(service, line, reason) {
    const { status, output } = this.try(service, line);
    assert.notEqual(status, 0, `in ${service}, must be refused: ${line}`);
    assert.match(output, reason);
    console.log('→ refused, as it should be');
  }

  logs(service) {
    const [program, ...words] = this.#compose;
    const options = { cwd: this.#top, env: this.#env, encoding: 'utf8' };
    return execFileSync(program, [...words, '-p', name, 'logs', '--no-color', service], options);
  }

  showLogs() {
    this.compose(['ps']);
    this.compose(['logs', '--no-color', '--tail=15']);
  }

  expectNothingLeft() {
    const ours = ['--quiet', '--filter', `label=com.docker.compose.project=${name}`];
    for (const list of [
      ['ps', '--all'],
      ['volume', 'ls'],
      ['network', 'ls'],
    ])
      assert.equal(docker([...list, ...ours], this.#env), '', `docker ${list.join(' ')} still has something`);
  }
}
