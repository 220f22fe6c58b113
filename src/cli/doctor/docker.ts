// Docker, through the engine that its command line talks to.
import { hostOf } from '../runtime-settings/request.ts';
import type { RunProgram } from './run-program.ts';
import {
  digestsIn,
  lastLine,
  notArrived,
  tidyPuller,
  type Pulled,
  type Puller,
  type Runtime,
} from './runtime.ts';

// Whether clients with content trust check by themselves is another question than what the engine lets in.
const env = { DOCKER_CONTENT_TRUST: '0' };

/**
 * The engine's own settings cannot be replaced for a drill, so that one pulls under the proxy's own name; on loopback the
 * engine takes plain HTTP.
 */
export const docker: Runtime = {
  name: 'docker',
  find: async (run) => {
    const ran = await run('docker', ['version', '--format', '{{.Server.Version}}']);
    return ran?.code === 0 ? `docker ${ran.stdout.trim()}` : undefined;
  },
  drill: (run, { proxy, registry }) =>
    Promise.resolve(pullerOf(run, (image) => image.replace(registry, hostOf(proxy)))),
  own: (run) => pullerOf(run, (image) => image),
};

function pullerOf(run: RunProgram, nameOf: (image: string) => string): Puller {
  const inspect = ['image', 'inspect', '--format', '{{json .RepoDigests}}'];
  return tidyPuller({
    isHere: async (image) => (await run('docker', [...inspect, nameOf(image)], env))?.code === 0,
    pull: async (image): Promise<Pulled> => {
      const ran = await run('docker', ['pull', '--quiet', nameOf(image)], env);
      if (ran?.code !== 0) return notArrived(ran);
      const seen = await run('docker', [...inspect, nameOf(image)], env);
      return { arrived: true, digests: digestsIn(seen?.stdout ?? ''), said: lastLine(ran.stdout) };
    },
    remove: async (images) => {
      await run('docker', ['image', 'rm', ...images.map(nameOf)], env);
    },
  });
}
