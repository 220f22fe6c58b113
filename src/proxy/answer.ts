// What one request gets: the policy's word on it first, and then the content that was verified.
import { utf8 } from '../base/bytes.ts';
import { makeGun, type Gun } from '../base/reference.ts';
import { announceBlob, serveBlob } from './content/blob.ts';
import { fetchPinned, fetchSigned, fetchStored, sendManifest } from './content/manifest.ts';
import { sendReferrers } from './content/referrers.ts';
import type { Place } from './content/store.ts';
import { sendTagList } from './content/tag-list.ts';
import type { Subject } from './operations/decision.ts';
import { Gate, type GateOptions } from './policy/gate.ts';
import type { Exchange } from './serve/exchange.ts';
import type { PullRequest, Route } from './serve/route.ts';
import type { Upstream } from './upstream.ts';

/** One upstream with what was decided and kept about it. */
export type Source = Upstream & GateOptions & Pick<Place, 'store' | 'asks'>;

export interface Answered {
  readonly status: number;
  /** Of content, that were sent. */
  readonly bytes?: number;
}

/**
 * Answers a request that was understood; until `exchange.begun` a failure can still be answered.
 * @param subject learns what the request is about
 * @throws the refusals of policy and trust; what the registry's failures are
 */
export async function answer(
  pull: PullRequest,
  source: Source,
  exchange: Exchange,
  subject: Subject,
): Promise<Answered> {
  const { route } = pull;
  if (route.kind === 'version') {
    exchange.send(200, { 'Content-Type': 'application/json' }, utf8('{}'));
    return { status: 200 };
  }
  const { registry, host, store, asks = 'first' } = source;
  const { repository } = route;
  const gun = makeGun(host, repository);
  const place: Place = { registry, repository, gun, store, asks };
  const { signal } = exchange;
  const read = fetchPinned.bind(undefined, place);
  describe(subject, gun, route);
  const gate = new Gate(source, gun, subject);
  switch (route.kind) {
    case 'tag': {
      const target = await gate.tag(route.tag);
      const manifest =
        target === undefined
          ? await fetchStored(place, route.tag, signal)
          : await fetchSigned(place, route.tag, target);
      const { digest } = target ?? manifest;
      subject.digest = digest;
      gate.served(manifest);
      return { status: sendManifest(exchange, `${gun}:${route.tag}`, digest, manifest) };
    }
    case 'manifest': {
      await gate.digest(route.digest, read, signal);
      const manifest = await fetchPinned(place, route.digest);
      gate.served(manifest);
      return { status: sendManifest(exchange, `${gun}@${route.digest}`, route.digest, manifest) };
    }
    case 'blob':
      await gate.digest(route.digest, read, signal);
      if (!exchange.isHead) return serveBlob({ place, digest: route.digest, exchange, subject });
      await announceBlob({ place, digest: route.digest, exchange, subject });
      return { status: 200 };
    case 'tags': {
      const tags = (await gate.tags()) ?? [...(await registry.tags(repository, signal))].sort();
      sendTagList(exchange, tags, { repository, page: route.page, namespace: pull.namespace });
      return { status: 200 };
    }
    case 'referrers':
      await gate.referrers(route.digest);
      sendReferrers(exchange, await registry.referrers(repository, route.digest, signal), route.artifactType);
      return { status: 200 };
  }
}

function describe(subject: Subject, gun: Gun, route: Exclude<Route, { kind: 'version' }>): void {
  subject.gun = gun;
  if (route.kind === 'tag') subject.tag = route.tag;
  else if ('digest' in route) subject.digest = route.digest;
}
