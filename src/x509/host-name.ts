// A host as certificates name it: an address as its bytes, anything else as a DNS name.
import type { GeneralName } from './certificate-request.ts';

const ipv4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** @param host without port; an IPv6 address in brackets or without */
export function generalNameOf(host: string): GeneralName {
  if (ipv4.test(host)) return { address: Uint8Array.from(host.split('.').map(Number)) };
  return host.includes(':') ? { address: ipv6Bytes(host.replace(/^\[|\]$/g, '')) } : { dns: host };
}

/** RFC 4291 2.2; the URL parser has written out everything but the longest run of zeros. */
function ipv6Bytes(address: string): Uint8Array {
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string): readonly number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const zeros = Array<number>(8 - before.length - after.length).fill(0);
  return Uint8Array.from([...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]));
}
