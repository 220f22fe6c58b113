// Which addresses are private, loopback or link-local, so that no server can send us to a neighbour (AU-02, AU-09).
import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { lookup as resolveHost } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { DctError } from '../base/errors.ts';
import type { Reach } from '../base/ports.ts';

/** From the outside inwards. `local` is what only this machine or link can reach: loopback, link-local, unspecified. */
export type AddressKind = 'public' | 'private' | 'local';

const localAddresses = new BlockList();
localAddresses.addSubnet('0.0.0.0', 8, 'ipv4');
localAddresses.addSubnet('127.0.0.0', 8, 'ipv4');
localAddresses.addSubnet('169.254.0.0', 16, 'ipv4');
localAddresses.addSubnet('::', 127, 'ipv6');
localAddresses.addSubnet('fe80::', 10, 'ipv6');

const privateAddresses = new BlockList();
privateAddresses.addSubnet('10.0.0.0', 8, 'ipv4');
privateAddresses.addSubnet('100.64.0.0', 10, 'ipv4');
privateAddresses.addSubnet('172.16.0.0', 12, 'ipv4');
privateAddresses.addSubnet('192.0.0.0', 24, 'ipv4');
privateAddresses.addSubnet('192.168.0.0', 16, 'ipv4');
privateAddresses.addSubnet('198.18.0.0', 15, 'ipv4');
privateAddresses.addSubnet('224.0.0.0', 3, 'ipv4');
privateAddresses.addSubnet('fc00::', 7, 'ipv6');
privateAddresses.addSubnet('fec0::', 10, 'ipv6');
privateAddresses.addSubnet('ff00::', 8, 'ipv6');

const rank: Record<AddressKind, number> = { public: 0, private: 1, local: 2 };

/** The host of a URL without the brackets of an IPv6 address. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/** True for names and addresses that mean this machine, as Docker reads them. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** What kind of address this is; IPv4 inside IPv6 (mapped, 6to4, NAT64) counts as the IPv4 address that it leads to. */
export function addressKind(address: string): AddressKind {
  const family = isIP(address);
  if (family === 0) return 'public';
  if (family === 6) {
    const inner = embeddedIpv4(address);
    if (inner !== undefined) return addressKind(inner);
  }
  const type = family === 6 ? 'ipv6' : 'ipv4';
  if (localAddresses.check(address, type)) return 'local';
  return privateAddresses.check(address, type) ? 'private' : 'public';
}

/** True when a connection to this kind of address goes no further inwards than `reach` allows. */
export function within(kind: AddressKind, reach: Reach): boolean {
  return rank[kind] <= rank[reach];
}

/** The addresses of a host name. */
export type Resolve = (host: string) => Promise<readonly string[]>;

const systemResolve: Resolve = async (host) =>
  (await resolveHost(host, { all: true })).map(({ address }) => address);

/**
 * How far inwards a server may send us on: never further than it lies itself. A name that does not resolve here (behind a
 * forward proxy) counts as public.
 */
export async function reachFrom(server: URL, resolve: Resolve = systemResolve): Promise<Reach | undefined> {
  const host = bareHost(server);
  const addresses = isIP(host) === 0 ? await resolve(host).catch((): readonly string[] => []) : [host];
  const kinds = addresses.map(addressKind);
  if (kinds.length === 0 || kinds.includes('public')) return 'public';
  return kinds.includes('private') ? 'private' : undefined;
}

/** A name look-up for sockets that refuses addresses out of reach, so that the connected address is what was checked. */
export function confinedLookup(reach: Reach): LookupFunction {
  return (hostname: string, options: LookupOptions, callback): void => {
    systemLookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error !== null) {
        callback(error, '', 0);
        return;
      }
      const allowed = addresses.filter(({ address }) => within(addressKind(address), reach));
      const first = allowed[0];
      if (first === undefined) callback(outOfReach(hostname), '', 0);
      else if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

/** The refusal of a host whose address lies too far inwards. */
export function outOfReach(host: string): DctError<'UNREACHABLE'> {
  return new DctError('UNREACHABLE', {
    origin: host,
    problem: 'its address is private, and a public server led here',
  });
}

/**
 * IPv4 carried in the last 32 bits (::ffff:0:0/96, ::ffff:0:0:0/96 of RFC 2765, 64:ff9b::/96, 64:ff9b:1::/48 of RFC 8215,
 * ::/96) or after 2002:.
 */
function embeddedIpv4(address: string): string | undefined {
  const groups = expand(address);
  const dotted = (high: number, low: number): string =>
    [high >> 8, high & 255, low >> 8, low & 255].join('.');
  const [g0 = 0, g1 = 0, , , , g5 = 0, g6 = 0, g7 = 0] = groups;
  if (g0 === 0x2002) return dotted(g1, groups[2] ?? 0);
  const zeros = (from: number, to: number): boolean => groups.slice(from, to).every((group) => group === 0);
  if (g0 === 0x64 && g1 === 0xff9b && (zeros(2, 6) || groups[2] === 1)) return dotted(g6, g7);
  if (zeros(0, 4) && groups[4] === 0xffff && g5 === 0) return dotted(g6, g7);
  if (zeros(0, 5) && g5 === 0xffff) return dotted(g6, g7);
  if (zeros(0, 6) && g6 !== 0) return dotted(g6, g7);
  return undefined;
}

/** The eight groups of a valid IPv6 address. */
function expand(address: string): number[] {
  const plain = address.replace(/%.*$/, '').replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    const hex = (high: string, low: string): string => (Number(high) * 256 + Number(low)).toString(16);
    return `${hex(a as string, b as string)}:${hex(c as string, d as string)}`;
  });
  const [head = '', tail] = plain.split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => parseInt(group, 16));
  if (tail === undefined) return groups(head);
  const before = groups(head);
  const after = groups(tail);
  return [...before, ...new Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0), ...after];
}
