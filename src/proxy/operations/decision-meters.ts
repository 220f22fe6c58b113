// Decisions as numbers: how many of each kind, how long they took, and how much was sent.
import { catalogue } from '../../base/errors/catalogue.ts';
import type { Meters } from '../../base/meters.ts';
import { cacheOutcomes, routeKinds, verdicts, type Decision } from './decision.ts';

/** From a manifest in memory to a large layer over a slow line, in seconds. */
const durations = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 30, 120, 600];

/** Registers the meters, and answers what counts one decision. */
export function meterDecisions(meters: Meters, upstreams: readonly string[]): (decision: Decision) => void {
  const reasons = ['', ...Object.keys(catalogue)];
  const requests = meters.counter({
    name: 'requests_total',
    help: 'Decisions by verdict (served, refused, failed, cut, left), reason (an error code) and registry.',
    labels: { verdict: verdicts, reason: reasons, upstream: ['', ...upstreams] },
  });
  const audited = meters.counter({
    name: 'audited_total',
    help: 'Answers that were given although the policy says no, because it says to watch only.',
    labels: { reason: reasons },
  });
  const sent = meters.counter({ name: 'sent_bytes_total', help: 'Bytes of content sent to clients.' });
  const cached = meters.counter({
    name: 'cache_requests_total',
    help: 'Answers from the cache (hit), from a new transfer (miss), and from one that was under way (joined).',
    labels: { outcome: cacheOutcomes },
  });
  const seconds = meters.histogram({
    name: 'request_seconds',
    help: 'From the head of a request to the end of its answer, by what was asked for.',
    labels: { route: routeKinds },
    buckets: durations,
  });
  return ({ verdict, reason = '', upstream = '', audit, cache, bytes = 0, route, ms }) => {
    requests.add({ verdict, reason, upstream });
    if (audit !== undefined) audited.add({ reason: audit });
    if (cache !== undefined) cached.add({ outcome: cache });
    if (bytes > 0) sent.add({}, bytes);
    if (ms !== undefined) seconds.observe({ route }, ms / 1000);
  };
}
