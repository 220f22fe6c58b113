// `dct proxy`: serves verified pulls until it is told to stop.
import { DctError } from '../../base/errors.ts';
import type { Context } from '../context.ts';
import { cacheChoice, type CacheFlags } from '../proxy-cache.ts';
import { isLoopback, listenAddress, wholeSeconds } from '../listen.ts';
import { registryHosts } from '../registry-hosts.ts';
import { tunnelOptions, type TunnelFlags } from '../tunnel-options.ts';

export interface ProxyOptions extends CacheFlags, TunnelFlags {
  readonly listen: string;
  readonly registry?: readonly string[];
  readonly tofu?: boolean;
  readonly refresh: string;
  readonly allowPlainHttp?: boolean;
}

/** Resolves when the last request has been answered after SIGINT or SIGTERM. @throws USAGE, LISTEN_FAILED */
export async function proxy(
  { services, console, io, interruption, settings }: Context,
  options: ProxyOptions,
): Promise<void> {
  const { host, port } = listenAddress(options.listen);
  const refreshMs = wholeSeconds('--refresh', options.refresh) * 1000;
  const hosts = registryHosts(options.registry ?? []);
  const choice = cacheChoice(options, io);
  if (!isLoopback(host) && options.allowPlainHttp !== true) {
    // PX-13: whoever sits between such a proxy and its clients could answer in its place.
    throw new DctError('USAGE', {
      problem: `other machines could reach ${options.listen}, and the proxy does not speak TLS`,
      hint: 'Listen on 127.0.0.1, or add --allow-plain-http if something in front of the proxy adds TLS.',
    });
  }
  const firstUse = options.tofu === true ? 'accept' : 'refuse';
  const upstreams = await Promise.all(
    hosts.map(async (name) => {
      const [registry, trust] = await Promise.all([services.registry(name), services.trust(name, firstUse)]);
      return { host: name, registry, trust };
    }),
  );
  const tunnels = await tunnelOptions({ io, settings }, hosts, options);
  // Answers on their way are finished; a second signal ends the process at once.
  await interruption.undisturbed(async () => {
    const cache = choice && (await services.blobCache(choice));
    const running = await services.startProxy({
      listen: { host, port },
      upstreams,
      refreshMs,
      cache,
      ...(tunnels && { tunnels }),
    });
    console.emit({ lines: [`dct proxy listening on ${running.url}`], data: { listening: running.url } });
    await interruption.signalled();
    console.info('stopping: answers on their way are finished first');
    await running.close();
    await cache?.close();
  });
}
