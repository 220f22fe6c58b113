// Which forward proxy an origin is reached through, by HTTP_PROXY, HTTPS_PROXY and NO_PROXY as Docker's tools read them (AU-15).
import { BlockList, isIP } from 'node:net';
import { DctError } from '../base/errors.ts';
import { parseUrl } from '../base/url.ts';
import { bareHost, isLoopbackHost } from './address.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a URL, or undefined for a direct connection. Loopback hosts are always reached directly.
 * @throws CONFIG_INVALID when the variable does not hold an http(s) address
 */
export function proxyFor(url: URL, env: Environment): URL | undefined {
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const value = setting(env, name);
  const host = bareHost(url);
  if (value === '' || isLoopbackHost(host) || isExempt(url, setting(env, 'NO_PROXY'))) return undefined;
  const text = value.includes('://') ? value : `http://${value}`;
  const proxy = parseUrl(text);
  if (proxy?.protocol !== 'http:' && proxy?.protocol !== 'https:') {
    // The value may hold a password, so it is not repeated.
    throw new DctError('CONFIG_INVALID', {
      file: 'the environment',
      path: name,
      problem: 'it is not an http:// or https:// address',
    });
  }
  return proxy;
}

function setting(env: Environment, name: string): string {
  return (env[name] ?? env[name.toLowerCase()] ?? '').trim();
}

/** NO_PROXY: `*`, names with all below them, `.names` only below, addresses and CIDR blocks; each with an optional port. */
function isExempt(url: URL, list: string): boolean {
  const host = bareHost(url);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .some((entry) => entry === '*' || matches(entry, host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry.includes('/')) return inBlock(entry, host);
  const parts = /^\[([^\]]*)\](?::(\d+))?$/.exec(entry) ?? /^([^:]*)(?::(\d+))?$/.exec(entry);
  const name = (parts?.[1] ?? entry).replace(/^\*\./, '.');
  if (parts?.[2] !== undefined && parts[2] !== port) return false;
  if (name.startsWith('.')) return host.endsWith(name);
  return host === name || (isIP(host) === 0 && host.endsWith(`.${name}`));
}

function inBlock(entry: string, host: string): boolean {
  const [network = '', bits = ''] = entry.split('/');
  const family = isIP(network);
  const length = Number(bits);
  if (family === 0 || family !== isIP(host) || !/^\d+$/.test(bits) || length > (family === 4 ? 32 : 128))
    return false;
  const block = new BlockList();
  block.addSubnet(network, length, family === 4 ? 'ipv4' : 'ipv6');
  return block.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
