// Containerd, through ctr and in a namespace of the doctor's own.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { containerdHosts } from '../runtime-settings/containerd.ts';
import type { RunProgram } from './run-program.ts';
import { digestsIn, lastLine, notArrived, type Pulled, type Puller, type Runtime } from './runtime.ts';

const namespace = ['--namespace', 'dct-doctor'];
const lease = 'dct-doctor';
const systemHosts = '/etc/containerd/certs.d';

export const containerd: Runtime = {
  name: 'containerd',
  find: async (run) => {
    const ran = await run('ctr', ['version']);
    const [, version] = /Server:\s+Version:\s+(\S+)/.exec(ran?.stdout ?? '') ?? [];
    return ran?.code === 0 && version !== undefined ? `containerd ${version}` : undefined;
  },
  drill: async (run, { directory, proxy, registry }) => {
    const hosts = join(directory, 'certs.d');
    const request = { proxy, registries: [registry], ca: '', refuseOthers: false };
    for (const { path, text } of containerdHosts(request, hosts, '')) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
    return pullerOf(run, hosts);
  },
  own: (run) => pullerOf(run, systemHosts),
};

function pullerOf(run: RunProgram, hosts: string): Puller {
  const images = [...namespace, 'images'];
  const brought: string[] = [];
  return {
    pull: async (image): Promise<Pulled> => {
      const ran = await run('ctr', [...images, 'pull', '--hosts-dir', hosts, image]);
      brought.push(image);
      if (ran?.code !== 0) return notArrived(ran);
      const seen = await run('ctr', [...images, 'list', `name==${image}`]);
      return { arrived: true, digests: digestsIn(seen?.stdout ?? ''), said: lastLine(ran.stdout) };
    },
    clear: async () => {
      if (brought.length > 0) await run('ctr', [...images, 'remove', ...brought]);
      // Containerd collects what nobody needs when a lease ends, also what pulls that failed have left.
      await run('ctr', [...namespace, 'leases', 'create', '--id', lease]);
      await run('ctr', [...namespace, 'leases', 'delete', '--sync', lease]);
      await run('ctr', ['namespaces', 'remove', 'dct-doctor']);
    },
  };
}
