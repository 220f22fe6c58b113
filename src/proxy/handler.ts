// The proxy as a function from request to answer: route, decide, answer, record.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { utf8 } from '../base/bytes.ts';
import type { Digest } from '../base/digest.ts';
import { DctError, isDctError } from '../base/errors.ts';
import type { Clock, Notices } from '../base/ports.ts';
import { makeGun, type Gun, type Tag } from '../base/reference.ts';
import { announceBlob, streamBlob } from './content/blob.ts';
import { DecisionLog, type Decision, type DecisionCounts } from './operations/decision.ts';
import { errorAnswer } from './error-answer.ts';
import { Exchange } from './serve/exchange.ts';
import { fetchPinned, fetchSigned, sendManifest } from './content/manifest.ts';
import { parsePullRequest, type PullRequest, type Route } from './serve/route.ts';
import { sendTagList } from './content/tag-list.ts';
import { TrustView, type Freshness } from './policy/trust-view.ts';
import { Upstreams, type Upstream } from './upstream.ts';

export interface ProxyOptions extends Partial<Freshness> {
  /** The first one serves requests that name none, by `?ns=` or as an absolute-form target. */
  readonly upstreams: readonly Upstream[];
  readonly clock: Clock;
  readonly notices: Notices;
  /** Called with every decision, after it was logged. */
  readonly onDecision?: (decision: Decision) => void;
}

export const proxyDefaults: Freshness = { refreshMs: 60_000, refusalMs: 1_000 };

export interface ProxyHandler {
  /** Answers one request of any `node:http` server. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  counts(): DecisionCounts;
}

interface Source extends Upstream {
  readonly view: TrustView;
}

/** What is known so far about the request, for the log and for the refusal. */
interface Subject {
  gun?: Gun;
  tag?: Tag;
  digest?: Digest;
}

interface Answered {
  readonly status: number;
  readonly bytes?: number;
}

/**
 * Builds the verifying pull proxy without its listener.
 * @throws USAGE when the upstreams cannot be told apart
 */
export function createProxyHandler(options: ProxyOptions): ProxyHandler {
  const { clock, notices } = options;
  const log = new DecisionLog(clock, notices, options.onDecision ?? (() => undefined));
  const freshness: Freshness = {
    refreshMs: options.refreshMs ?? proxyDefaults.refreshMs,
    refusalMs: options.refusalMs ?? proxyDefaults.refusalMs,
  };
  const sources = new Upstreams(
    options.upstreams.map((upstream): Source => ({
      ...upstream,
      view: new TrustView(upstream.trust, clock, freshness),
    })),
  );

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = new Exchange(request, response);
    // A socket that is cut forgets whom it belonged to.
    const client = request.socket.remoteAddress ?? '';
    const subject: Subject = {};
    let outcome: Pick<Decision, 'verdict' | 'reason' | 'message' | 'status' | 'bytes'>;
    try {
      const pull = parsePullRequest(request.method ?? '', request.url ?? '', request.headers.host);
      const source = sources.choose(pull.registry);
      if (pull.namespace !== undefined) exchange.addHeader('OCI-Namespace', source.host);
      outcome = { verdict: 'served', ...(await answer(pull, source, exchange, subject)) };
    } catch (error) {
      outcome = conclude(exchange, error, subject);
    } finally {
      exchange.release();
    }
    log.record({
      client,
      method: request.method ?? '',
      ...subject,
      ...outcome,
    });
  }

  return { handle, counts: () => log.counts() };
}

async function answer(
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
  const { registry, view, host } = source;
  const { repository } = route;
  const gun = makeGun(host, repository);
  const place = { registry, repository, gun };
  describe(subject, gun, route);
  switch (route.kind) {
    case 'tag': {
      const target = await view.find(gun, route.tag);
      subject.digest = target.digest;
      const manifest = await fetchSigned(place, route.tag, target, exchange.signal);
      return { status: sendManifest(exchange, `${gun}:${route.tag}`, target.digest, manifest) };
    }
    case 'manifest': {
      const manifest = await fetchPinned(place, route.digest, exchange.signal);
      return { status: sendManifest(exchange, `${gun}@${route.digest}`, route.digest, manifest) };
    }
    case 'blob':
      if (!exchange.isHead) return { status: 200, bytes: await streamBlob(place, route.digest, exchange) };
      await announceBlob(place, route.digest, exchange);
      return { status: 200 };
    case 'tags':
      sendTagList(exchange, await view.tags(gun), {
        repository,
        page: route.page,
        namespace: pull.namespace,
      });
      return { status: 200 };
    case 'referrers':
      // An empty list would be a statement too, and one that nobody signed. Signature tags like sha256-H.sig need no
      // rule: they are tags, and not signed (MF-14, PX-15).
      throw new DctError('REFERRERS_BLOCKED', { gun, digest: route.digest });
  }
}

function describe(subject: Subject, gun: Gun, route: Exclude<Route, { kind: 'version' }>): void {
  subject.gun = gun;
  if (route.kind === 'tag') subject.tag = route.tag;
  else if ('digest' in route) subject.digest = route.digest;
}

/** Ends a request that failed: with an error while that is possible, otherwise without any end. */
function conclude(
  exchange: Exchange,
  thrown: unknown,
  subject: Subject,
): Pick<Decision, 'verdict' | 'reason' | 'message' | 'status'> {
  const error = isDctError(thrown) ? thrown : new DctError('BUG', { problem: String(thrown) }, thrown);
  const why = { reason: error.code, message: error.message };
  if (exchange.isCut) return { verdict: 'cut', ...why };
  if (exchange.signal.aborted) return { verdict: 'left' };
  if (exchange.begun) {
    exchange.cut();
    return { verdict: 'cut', ...why };
  }
  const { gun, tag } = subject;
  const { status, headers, body } = errorAnswer(error, gun && tag && { gun, tag });
  exchange.send(status, headers, body);
  return { verdict: status >= 500 || status === 429 ? 'failed' : 'refused', ...why, status };
}
