// `dct proxy`: serves verified pulls until it is told to stop.
import type { RunningProxy } from '../../proxy/index.ts';
import type { Context } from '../context.ts';
import { cacheChoice, type CacheFlags } from '../proxy-cache.ts';
import { wholeSeconds } from '../listen.ts';
import { openPolicy, type PolicyFlags } from '../open-policy.ts';
import { openServing, type ServingFlags } from '../proxy-serving.ts';
import { registryHosts } from '../registry-hosts.ts';
import { tunnelOptions, type TunnelFlags } from '../tunnel-options.ts';
import { workerCount } from '../workers.ts';

export interface ProxyOptions extends CacheFlags, PolicyFlags, ServingFlags, TunnelFlags {
  readonly registry?: readonly string[];
  readonly tofu?: boolean;
  readonly refresh: string;
  readonly workers?: string;
}

/** Resolves when the last request has been answered after SIGINT or SIGTERM. @throws USAGE, LISTEN_FAILED */
export async function proxy(
  { services, console, io, interruption, settings }: Context,
  options: ProxyOptions,
): Promise<void> {
  const refreshMs = wholeSeconds('--refresh', options.refresh) * 1000;
  const workers = workerCount(options.workers);
  const hosts = registryHosts(options.registry ?? []);
  const choice = cacheChoice(options, io);
  const serving = await openServing({ io, settings, console }, options);
  const policy = await openPolicy({ io, console }, options, serving.options.meters);
  const tunnels = await tunnelOptions({ io, settings }, hosts, options);
  await services.hashOnThreads(workers);
  const firstUse = options.tofu === true ? 'accept' : 'refuse';
  const upstreams = await Promise.all(
    hosts.map(async (name) => {
      const [registry, trust] = await Promise.all([services.registry(name), services.trust(name, firstUse)]);
      return { host: name, registry, trust };
    }),
  );
  // Answers on their way are finished; a second signal ends the process at once.
  await interruption.undisturbed(async () => {
    const cache = choice && (await services.blobCache(choice));
    const running = await services.startProxy({
      ...serving.options,
      ...policy.options,
      upstreams,
      refreshMs,
      cache,
      ...(tunnels && { tunnels }),
    });
    announce(console, running, serving.stdoutTaken);
    await interruption.signalled();
    console.info('stopping: answers on their way are finished first');
    await running.close(serving.drainMs);
    await cache?.close();
    policy.close();
    await serving.close();
  });
}

/** The first line of stdout, unless stdout is for decisions. */
function announce(console: Context['console'], { url, adminUrl }: RunningProxy, stdoutTaken: boolean): void {
  const lines = [
    `dct proxy listening on ${url}`,
    ...(adminUrl === undefined ? [] : [`metrics, life and readiness on ${adminUrl}`]),
  ];
  const data = { listening: url, ...(adminUrl !== undefined && { admin: adminUrl }) };
  if (stdoutTaken) for (const line of lines) console.info(line);
  else console.emit({ lines, data });
}
