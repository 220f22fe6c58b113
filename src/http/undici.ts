// The two parts of undici that requests need, loaded by their paths: the whole package costs a third more (ADR 0024).
import { createRequire } from 'node:module';
import type * as Undici from 'undici';

const load = createRequire(import.meta.url);

export const Pool = load('undici/lib/dispatcher/pool.js') as typeof Undici.Pool;
export type Pool = Undici.Pool;
export type PoolOptions = Undici.Pool.Options;

/** Makes connectors like those that undici has by default. */
export const socketOpener = load('undici/lib/core/connect.js') as typeof Undici.buildConnector;

/** Tunnels through forward proxies need the rest too, and few commands need tunnels. */
export async function loadProxyAgent(): Promise<typeof Undici.ProxyAgent> {
  return (await import('undici')).ProxyAgent;
}
