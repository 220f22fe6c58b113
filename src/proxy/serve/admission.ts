// How much of the proxy one client may have, and all of them together (PX-07): counted, and refused beyond that.
import { isIPv6, type Socket } from 'node:net';
import { DctError } from '../../base/errors.ts';
import { noMeters, type Counter, type Meters } from '../../base/meters.ts';
import type { ServeBounds } from './bounds.ts';

type Bounds = Pick<ServeBounds, 'connections' | 'connectionsEach' | 'requests' | 'requestsEach'>;

/** Counts per address; an address without anything open is forgotten. */
class Tally {
  readonly #each = new Map<string, number>();
  total = 0;

  of(address: string): number {
    return this.#each.get(address) ?? 0;
  }

  add(address: string): void {
    this.total++;
    this.#each.set(address, this.of(address) + 1);
  }

  remove(address: string): void {
    this.total--;
    const left = this.of(address) - 1;
    if (left > 0) this.#each.set(address, left);
    else this.#each.delete(address);
  }
}

export class Admission {
  readonly #bounds: Bounds;
  readonly #turnedAway: Counter;
  readonly #connections = new Tally();
  readonly #requests = new Tally();

  constructor(bounds: Bounds, meters: Meters = noMeters) {
    this.#bounds = bounds;
    meters.gauge({ name: 'connections', help: 'Connections of clients.' }, () => this.#connections.total);
    meters.gauge(
      { name: 'requests_in_flight', help: 'Requests that are being answered.' },
      () => this.#requests.total,
    );
    this.#turnedAway = meters.counter({
      name: 'connections_refused_total',
      help: 'Connections that were closed at once because one client, or all together, had too many.',
    });
  }

  /** Counts a connection until it closes. False when there is no room for it; it is then to be closed, not answered. */
  connect(socket: Socket): boolean {
    const client = clientOf(socket.remoteAddress);
    const { connections, connectionsEach } = this.#bounds;
    if (this.#connections.total >= connections || this.#connections.of(client) >= connectionsEach) {
      this.#turnedAway.add({});
      return false;
    }
    this.#connections.add(client);
    socket.once('close', () => this.#connections.remove(client));
    return true;
  }

  /**
   * Counts a request until what this answers is called, once.
   * @throws CLIENT_BUSY, PROXY_BUSY
   */
  begin(remoteAddress: string | undefined): () => void {
    const client = clientOf(remoteAddress);
    const { requests, requestsEach } = this.#bounds;
    if (this.#requests.of(client) >= requestsEach) throw new DctError('CLIENT_BUSY', { bound: requestsEach });
    if (this.#requests.total >= requests) throw new DctError('PROXY_BUSY', { bound: requests });
    this.#requests.add(client);
    return () => this.#requests.remove(client);
  }
}

/**
 * Whom an address counts for. Of IPv6 the first 64 bits: whoever has one address there has all of them (RFC 4291 2.5.1).
 * An IPv4 address is the same one when it comes in a socket for both (RFC 4291 2.5.5.2).
 */
export function clientOf(address = ''): string {
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(8 - before.length - after.length, 0);
  const groups = [...before, ...Array.from({ length: zeros }, () => '0'), ...after];
  return `${groups.slice(0, 4).join(':')}::/64`;
}
