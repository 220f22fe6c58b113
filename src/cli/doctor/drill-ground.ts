// The ground of a drill: a sandbox with a signed, an unsigned and a tampered image, and a proxy in front of it.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { digestOf } from '../../base/digest.ts';
import { DctError } from '../../base/errors.ts';
import type { Context } from '../context.ts';
import { push } from '../demo/engine.ts';
import { buildImage } from '../demo/image.ts';
import { innerIo } from '../inner-io.ts';
import type { Io, Sink } from '../io.ts';

export interface DrillGround {
  /** `localhost:PORT`. */
  readonly registry: string;
  /** Origin. */
  readonly proxy: string;
  readonly images: readonly DrillImage[];
  /** Requests to the registry since the last call that asked for a manifest by tag, which the proxy never does. */
  askedByTag(): readonly string[];
  leave(): Promise<void>;
}

export interface DrillImage {
  readonly kind: 'signed' | 'unsigned' | 'tampered';
  readonly name: string;
  /** The digest that it was signed as, of what can arrive. */
  readonly signed: string | undefined;
}

const repository = 'dct-doctor/drill';

/** @throws what the commands throw that set it up */
export async function prepareDrill(context: Context, directory: string): Promise<DrillGround> {
  const { services, interruption } = context;
  const asked: string[] = [];
  const sandbox = await services.startSandbox({
    registryPort: 0,
    notaryPort: 0,
    onRegistryRequest: (method, target) => void asked.push(`${method} ${target}`),
  });
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  interruption.signal.addEventListener('abort', stop, { once: true });
  let ended: Promise<unknown> = Promise.resolve();
  const leave = async (): Promise<void> => {
    stopping.abort();
    await ended;
    await sandbox.close();
  };
  try {
    const commands = commandRunner(context, directory, {
      DOCKER_CONFIG: sandbox.settings.dockerDirectory,
      DOCKER_CONTENT_TRUST_SERVER: sandbox.notary,
    });
    const images = new Map(
      (['signed', 'unsigned', 'tampered'] as const).map((tag) => [tag, buildImage(`dct doctor: ${tag}`)]),
    );
    const transport = await services.transport();
    for (const [tag, image] of images) await push(transport, sandbox.registry, repository, tag, image);
    const name = (tag: string): string => `${sandbox.registry}/${repository}:${tag}`;
    await commands.run(['sign', name('signed'), name('tampered')]);
    await commands.run(['sandbox', 'corrupt', name('tampered'), '--flip-bit']);
    const proxy = await commands.startProxy(sandbox.registry, stopping.signal);
    ended = proxy.ended;
    asked.length = 0;
    return {
      registry: sandbox.registry,
      proxy: proxy.url,
      images: [...images].map(([kind, { manifest }]) => ({
        kind,
        name: name(kind),
        signed: kind === 'signed' ? digestOf(manifest) : undefined,
      })),
      askedByTag: () => asked.splice(0).filter((request) => /\/manifests\/(?!sha256:)/.test(request)),
      leave,
    };
  } catch (error) {
    await leave();
    throw error;
  }
}

interface Commands {
  /** @throws BUG with what the command printed when it failed */
  run(args: readonly string[]): Promise<void>;
  startProxy(
    registry: string,
    until: AbortSignal,
  ): Promise<{ readonly url: string; readonly ended: Promise<unknown> }>;
}

/** Commands of dct with an environment of their own, so that they touch nothing of the user's. */
function commandRunner(
  { io, main }: Context,
  directory: string,
  env: Readonly<Record<string, string>>,
): Commands {
  const secret = randomBytes(16).toString('hex');
  const own = {
    ...env,
    DCT_CONFIG: join(directory, 'config.json'),
    XDG_CACHE_HOME: join(directory, 'cache'),
    DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: secret,
    DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: secret,
  };
  const inside = (output: Sink, interrupted: AbortSignal): Io =>
    innerIo(io, { env: own, directory, output, interrupted });
  return {
    run: async (args) => {
      const printed: string[] = [];
      const output: Sink = { isTerminal: false, write: (text) => printed.push(text) };
      const code = await main(args, inside(output, io.interrupted));
      if (code !== 0)
        throw new DctError('BUG', { problem: `dct ${args.join(' ')} failed: ${printed.join('').trim()}` });
    },
    startProxy: (registry, until) =>
      new Promise((resolve, reject) => {
        const output: Sink = {
          isTerminal: false,
          write: (text) => {
            const [, url] = /listening on (http:\/\/\S+)/.exec(text) ?? [];
            if (url !== undefined) resolve({ url, ended });
          },
        };
        const args = ['proxy', '--listen', '127.0.0.1:0', '--registry', registry, '--refresh', '0'];
        const ended = main(args, inside(output, until));
        ended.then(
          (code) => reject(new DctError('BUG', { problem: `the proxy ended with ${code}` })),
          reject,
        );
      }),
  };
}
