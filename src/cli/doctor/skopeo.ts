// Skopeo, which copies images into a directory.
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { writeRegistriesConf } from './podman.ts';
import type { RunProgram } from './run-program.ts';
import { digestsIn, lastLine, notArrived, type Puller, type Runtime } from './runtime.ts';

export const skopeo: Runtime = {
  name: 'skopeo',
  find: async (run) => {
    const ran = await run('skopeo', ['--version']);
    return ran?.code === 0 ? lastLine(ran.stdout).replace(' version', '') : undefined;
  },
  drill: async (run, drill) => {
    const settings = await writeRegistriesConf(drill);
    return pullerOf(run, drill.directory, ['--insecure-policy', '--registries-conf', settings]);
  },
  own: (run, directory) => pullerOf(run, directory, []),
};

/** Everything goes into `directory`, which its owner removes. */
function pullerOf(run: RunProgram, directory: string, flags: readonly string[]): Puller {
  let copies = 0;
  return {
    pull: async (image) => {
      copies += 1;
      const target = join(directory, `skopeo-${copies}`);
      const digestFile = `${target}.digest`;
      const copy = ['copy', '--all', '--digestfile', digestFile, `docker://${image}`, `dir:${target}`];
      const ran = await run('skopeo', [...flags, ...copy]);
      if (ran?.code !== 0) return notArrived(ran);
      return { arrived: true, digests: digestsIn(await readFile(digestFile, 'utf8')), said: '' };
    },
    clear: () => Promise.resolve(),
  };
}
