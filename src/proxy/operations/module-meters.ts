// What the modules behind the proxy count, read whenever somebody looks: cache, transfers, trust data, registries.
import type { Meters } from '../../base/meters.ts';
import type { ContentStore } from '../content/store.ts';
import { updateOutcomes, type TrustView } from '../policy/trust-view.ts';
import type { Upstream } from '../upstream.ts';

/** Registers the meters of kept content and of what is on its way; without a cache there are none about it. */
export function meterStore(meters: Meters, store: ContentStore): void {
  meters.gauge(
    { name: 'transfers', help: 'Blobs on their way from a registry, however many wait for each.' },
    () => store.transfers,
  );
  const { cache } = store;
  if (cache === undefined) return;
  const figures = (): ReturnType<typeof cache.figures> => cache.figures();
  meters.gauge({ name: 'cache_bytes', help: 'Content in the cache.' }, () => figures().bytes);
  meters.gauge({ name: 'cache_entries', help: 'Blobs and manifests in the cache.' }, () => figures().entries);
  meters.total(
    { name: 'cache_evictions_total', help: 'Entries that were removed to keep the cache within its size.' },
    () => figures().evicted,
  );
  meters.total(
    { name: 'cache_corruptions_total', help: 'Entries that did not match their digest, and were removed.' },
    () => figures().wrong,
  );
  meters.total(
    { name: 'cache_scrubbed_total', help: 'Entries that were read again and hashed in the background.' },
    () => figures().scrubbed,
  );
  meters.total(
    { name: 'cache_failures_total', help: 'Operations of the cache that the disk refused.' },
    () => figures().failures,
  );
}

type Metered = Pick<Upstream, 'host' | 'registry'> & { readonly view: TrustView };

/** Registers the meters of trust data and registries, with the registry as label. */
export function meterSources(meters: Meters, sources: readonly Metered[]): void {
  const upstream = sources.map(({ host }) => host);
  const byHost = new Map(sources.map((source) => [source.host, source]));
  const viewOf = (host: string): TrustView | undefined => byHost.get(host)?.view;
  const figuresOf = (host: string): ReturnType<NonNullable<Upstream['registry']['figures']>> | undefined =>
    byHost.get(host)?.registry.figures?.();
  meters.total(
    {
      name: 'trust_updates_total',
      help: 'Questions to Notary servers: answered, refused because of the answer, or unanswered.',
      labels: { upstream, outcome: updateOutcomes },
    },
    (labels) => viewOf(labels.upstream)?.outcomes[labels.outcome as (typeof updateOutcomes)[number]],
  );
  meters.gauge(
    {
      name: 'trust_oldest_seconds',
      help: 'Since the Notary server last confirmed the oldest trust data in use; rises while it is away.',
      labels: { upstream },
    },
    (labels) => {
      const oldestMs = viewOf(labels.upstream)?.oldestMs;
      return oldestMs === undefined ? undefined : oldestMs / 1000;
    },
  );
  meters.gauge(
    {
      name: 'trusted_repositories',
      help: 'Repositories whose trust data is in memory.',
      labels: { upstream },
    },
    (labels) => viewOf(labels.upstream)?.held.repositories,
  );
  meters.total(
    {
      name: 'upstream_retries_total',
      help: 'Requests to registries that were sent again after a failure that passes.',
      labels: { upstream },
    },
    (labels) => figuresOf(labels.upstream)?.retries,
  );
  meters.total(
    {
      name: 'upstream_resumes_total',
      help: 'Blobs that broke off and were continued from where they broke.',
      labels: { upstream },
    },
    (labels) => figuresOf(labels.upstream)?.resumes,
  );
}
