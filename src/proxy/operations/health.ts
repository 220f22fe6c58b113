// Whether this proxy can be sent requests, and which servers behind it failed lately.
import type { Meters } from '../../base/meters.ts';
import { showInstant } from '../../base/instant.ts';
import type { Decision } from './decision.ts';

export type State = 'starting' | 'ready' | 'draining';

export interface Report {
  readonly state: State;
  /** Servers behind the proxy whose latest request failed: one of many makes nobody unready. */
  readonly failing: readonly Failure[];
}

export interface Failure {
  readonly upstream: string;
  readonly reason: string;
  readonly since: string;
  readonly latest: string;
}

/** Follows the decisions of one proxy. */
export class Health {
  readonly #failing = new Map<string, { reason: string; since: number; latest: number }>();
  state: State = 'starting';

  /** A failure stands until something was served from the same registry. */
  observe({ verdict, upstream, reason, at, route }: Decision): void {
    if (upstream === undefined || route === 'version') return;
    if (verdict === 'served') this.#failing.delete(upstream);
    if (verdict !== 'failed' || reason === undefined) return;
    const since = this.#failing.get(upstream)?.since ?? at;
    this.#failing.set(upstream, { reason, since, latest: at });
  }

  report(): Report {
    const failing = [...this.#failing].map(([upstream, { reason, since, latest }]) => ({
      upstream,
      reason,
      since: showInstant(since),
      latest: showInstant(latest),
    }));
    return { state: this.state, failing };
  }

  meter(meters: Meters, upstreams: readonly string[]): void {
    meters.gauge({ name: 'ready', help: '1 while new requests are welcome.' }, () =>
      this.state === 'ready' ? 1 : 0,
    );
    meters.gauge(
      {
        name: 'upstream_failing',
        help: '1 while the latest request for that registry failed because it or its Notary server gave no answer.',
        labels: { upstream: upstreams },
      },
      ({ upstream }) => (this.#failing.has(upstream) ? 1 : 0),
    );
  }
}
