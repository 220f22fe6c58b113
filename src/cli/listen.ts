// Option values with a form of their own: addresses to listen on, seconds, counts.
import { isIPv4 } from 'node:net';
import { DctError } from '../base/errors.ts';

export interface ListenAddress {
  /** A name or an address, without the brackets of IPv6. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

const form = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):([0-9]{1,5})$/;

/** Parses `HOST:PORT`. @throws USAGE */
export function listenAddress(text: string, option = '--listen'): ListenAddress {
  const [, bracketed, plain, digits] = form.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host !== undefined && port <= 65535) return { host, port };
  throw new DctError('USAGE', {
    problem: `${option} "${text}" is not HOST:PORT`,
    hint: `For example: ${option} 127.0.0.1:5001`,
  });
}

/** True when only this machine can connect there. Names other than `localhost` may resolve to anything. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** @throws USAGE */
export function wholeSeconds(option: string, text: string): number {
  if (/^[0-9]{1,6}$/.test(text)) return Number(text);
  throw new DctError('USAGE', {
    problem: `${option} "${text}" is not a number of seconds`,
    hint: `For example: ${option} 60`,
  });
}

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A length of time such as `90s`, `15m`, `12h` or `7d`, in milliseconds. @throws USAGE */
export function duration(option: string, text: string): number {
  const [, count, unit = ''] = /^([0-9]{1,6})([smhd])$/.exec(text) ?? [];
  const ms = unitMs[unit];
  if (ms !== undefined) return Number(count) * ms;
  throw new DctError('USAGE', {
    problem: `${option} "${text}" is not a length of time`,
    hint: `Write a number and s, m, h or d, for example: ${option} 12h`,
  });
}

/** A count of one or more. @throws USAGE */
export function wholeNumber(option: string, text: string, most = 999_999): number {
  if (/^[1-9][0-9]{0,5}$/.test(text) && Number(text) <= most) return Number(text);
  throw new DctError('USAGE', {
    problem: `${option} "${text}" is not a number from 1 to ${most}`,
    hint: `For example: ${option} 1`,
  });
}
