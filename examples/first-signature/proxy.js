// `dct proxy` in front of a registry.
import { createInterface } from 'node:readline';

/** Answers `HOST:PORT` of the proxy, once it listens. */
export async function startProxy(dct, registry, options, env, processes) {
  // With a cache, what was pulled before would come from there, as it was: the attack on the registry would not be seen.
  const args = ['proxy', '--listen', '127.0.0.1:0', '--registry', registry.host, '--no-cache', ...options];
  console.log(`$ dct ${args.join(' ')}`);
  const child = processes.start(process.execPath, [dct, ...args], ['ignore', 'pipe', 'ignore'], env);
  for await (const line of createInterface(child.stdout)) {
    console.log(line);
    const url = /listening on (http:\S+)/.exec(line)?.[1];
    if (url !== undefined) return new URL(url).host;
  }
  throw new Error('the proxy ended before it listened');
}
