// `dct sandbox up`: a trust server and a registry on loopback, until it is told to stop.
import { resolve } from 'node:path';
import { DctError } from '../../base/errors.ts';
import type { RunningSandbox } from '../../sandbox/index.ts';
import type { Context } from '../context.ts';
import { wholeNumber } from '../listen.ts';

export interface SandboxUpOptions {
  readonly dir?: string;
  readonly registryPort: string;
  readonly notaryPort: string;
  readonly timestampLifetime?: string;
}

/** Resolves after SIGINT or SIGTERM, when both ports are free again. @throws USAGE, LISTEN_FAILED, LOCKED, DISK */
export async function sandboxUp(
  { io, services, console, interruption }: Context,
  options: SandboxUpOptions,
): Promise<void> {
  const registryPort = portOf('--registry-port', options.registryPort);
  const notaryPort = portOf('--notary-port', options.notaryPort);
  const { dir, timestampLifetime } = options;
  const lifetime = timestampLifetime && wholeNumber('--timestamp-lifetime', timestampLifetime);
  await interruption.undisturbed(async () => {
    const running = await services.startSandbox({
      registryPort,
      notaryPort,
      ...(dir !== undefined && { directory: resolve(io.workingDirectory, dir) }),
      ...(lifetime && { timestampLifetimeMs: lifetime * 1000 }),
    });
    console.emit(announcement(running, dir !== undefined));
    await interruption.signalled();
    await running.close();
    console.info(
      dir === undefined
        ? 'the sandbox is gone, and everything in it'
        : `the sandbox stopped; it is kept in ${dir}`,
    );
  });
}

function announcement(running: RunningSandbox, kept: boolean): { lines: readonly string[]; data: unknown } {
  const { registry, notary, settings } = running;
  return {
    lines: [
      'dct sandbox is running; stop it with Ctrl-C',
      kept
        ? 'Everything is kept in its directory.'
        : 'When you stop it, everything in it disappears, keys included.',
      '',
      `  registry      http://${registry}`,
      `  trust server  ${notary}`,
      `  CA            ${settings.caFile}`,
      '',
      'In another terminal, this makes dct, docker trust, notary and skopeo talk to it:',
      '',
      `  . ${settings.shellFile}`,
      '',
      'which says:',
      '',
      ...settings.shell.map((line) => `  ${line}`),
    ],
    data: {
      registry,
      notary,
      ca: settings.caFile,
      dockerConfig: settings.dockerDirectory,
      shell: settings.shell,
      shellFile: settings.shellFile,
    },
  };
}

function portOf(option: string, text: string): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : NaN;
  if (port <= 65535) return port;
  throw new DctError('USAGE', {
    problem: `${option} "${text}" is not a port`,
    hint: 'Ports go from 1 to 65535; 0 picks a free one.',
  });
}
