// Podman, with a store of its own for drills.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { podmanSettings } from '../runtime-settings/podman.ts';
import type { RunProgram } from './run-program.ts';
import {
  digestsIn,
  lastLine,
  notArrived,
  tidyPuller,
  type Drill,
  type Pulled,
  type Puller,
  type Runtime,
} from './runtime.ts';

export const podman: Runtime = {
  name: 'podman',
  find: async (run) => {
    const ran = await run('podman', ['--version']);
    return ran?.code === 0 ? ran.stdout.trim().replace(' version', '') : undefined;
  },
  drill: async (run, drill) => {
    const store = join(drill.directory, 'podman');
    const settings = await writeRegistriesConf(drill);
    const flags = ['--root', join(store, 'root'), '--runroot', join(store, 'run'), '--storage-driver', 'vfs'];
    // A drill needs no credentials, and an empty value keeps podman from looking for them.
    return pullerOf(run, flags, { CONTAINERS_REGISTRIES_CONF: settings, DOCKER_CONFIG: '' });
  },
  own: (run) => pullerOf(run, [], {}),
};

/** The settings of `dct proxy config podman` as a file; answers its path. */
export async function writeRegistriesConf({ directory, proxy, registry }: Drill): Promise<string> {
  const [file] = podmanSettings({ proxy, registries: [registry], ca: '', refuseOthers: false });
  const path = join(directory, 'registries.conf');
  await mkdir(directory, { recursive: true });
  await writeFile(path, file?.text ?? '');
  return path;
}

function pullerOf(run: RunProgram, flags: readonly string[], env: Readonly<Record<string, string>>): Puller {
  return tidyPuller({
    isHere: async (image) => (await run('podman', [...flags, 'image', 'exists', image], env))?.code === 0,
    pull: async (image): Promise<Pulled> => {
      const ran = await run('podman', [...flags, 'pull', '--quiet', image], env);
      if (ran?.code !== 0) return notArrived(ran);
      const format = ['--format', '{{.Digest}} {{json .RepoDigests}}'];
      const seen = await run('podman', [...flags, 'image', 'inspect', ...format, image], env);
      return { arrived: true, digests: digestsIn(seen?.stdout ?? ''), said: lastLine(ran.stdout) };
    },
    remove: async (images) => {
      await run('podman', [...flags, 'rmi', ...images], env);
    },
  });
}
