// The proxy as a function from request to answer: route, decide, answer, record.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DctError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { noMeters, type Meters } from '../base/meters.ts';
import type { Clock, Notices } from '../base/ports.ts';
import type { BlobCache } from '../blob-cache/index.ts';
import { answer, type Answered, type Source } from './answer.ts';
import { asCaller } from './caller.ts';
import { meterDecisions } from './operations/decision-meters.ts';
import { meterSources, meterStore } from './operations/module-meters.ts';
import { DecisionLog } from './operations/decision.ts';
import type { Decision, DecisionCounts, DecisionSink, Subject } from './operations/decision.ts';
import { errorAnswer } from './error-answer.ts';
import { serveBounds, type ServeBounds } from './serve/bounds.ts';
import { conclude, refusal } from './serve/conclude.ts';
import { Exchange } from './serve/exchange.ts';
import { parsePullRequest } from './serve/route.ts';
import type { TunnelOrigin } from './serve/tunnel-target.ts';
import { ContentStore } from './content/store.ts';
import { defaultPolicy, type PolicyView } from './policy/policy.ts';
import { ReachableContent } from './policy/reachable.ts';
import { TrustBudget } from './policy/trust-budget.ts';
import { TrustView, type Freshness } from './policy/trust-view.ts';
import { Upstreams, type Upstream } from './upstream.ts';

export interface ProxyOptions extends Partial<Freshness> {
  /** The first one serves requests that name none, by `?ns=` or as an absolute-form target. */
  readonly upstreams: readonly Upstream[];
  /** What is asked for in which repository; tags must be signed everywhere when left out. */
  readonly policy?: PolicyView;
  /** Serves what policy and trust refuse, and writes it down. */
  readonly audit?: boolean;
  /** Keeps verified content on disk; without it every client has a transfer of its own. Closed by whoever opened it. */
  readonly cache?: BlobCache | undefined;
  readonly clock: Clock;
  readonly notices: Notices;
  /** Where decisions are written; to the notices when left out. */
  readonly decisions?: DecisionSink;
  readonly meters?: Meters;
  readonly bounds?: Partial<ServeBounds>;
  /** Called with every decision, after it was logged. */
  readonly onDecision?: (decision: Decision) => void;
}

export const proxyDefaults: Freshness = { refreshMs: 60_000, refusalMs: 1_000 };

export interface ProxyHandler {
  /** Answers one request of any `node:http` server. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse, visit?: Visit): Promise<void>;
  /** Answers a request that is not looked at any further. */
  refuse(request: IncomingMessage, response: ServerResponse, error: unknown): Promise<void>;
  /** Records what was refused without a request that could be handed over: a tunnel, or bytes that are no HTTP. */
  refused(client: string, method: string, error: DctError, status?: number): void;
  counts(): DecisionCounts;
}

/** How a request came here. */
export interface Visit {
  /** Of the client that was let in. */
  readonly user?: string | undefined;
  /** What the tunnel is for that it came through. */
  readonly tunnel?: TunnelOrigin | undefined;
}

/**
 * Builds the verifying pull proxy without its listener.
 * @throws USAGE when the upstreams cannot be told apart
 */
export function createProxyHandler(options: ProxyOptions): ProxyHandler {
  const { clock, notices, meters = noMeters, onDecision } = options;
  const bounds: ServeBounds = { ...serveBounds, ...options.bounds };
  const count = meterDecisions(
    meters,
    options.upstreams.map(({ host }) => host),
  );
  const sink: DecisionSink = options.decisions ?? ((line, level) => notices[level](line));
  const log = new DecisionLog(clock, sink, (decision) => {
    count(decision);
    onDecision?.(decision);
  });
  const freshness: Freshness = {
    refreshMs: options.refreshMs ?? proxyDefaults.refreshMs,
    refusalMs: options.refusalMs ?? proxyDefaults.refusalMs,
  };
  const store = new ContentStore({ cache: options.cache });
  const budget = new TrustBudget(limits.trustedMetadataBytes);
  const sources = options.upstreams.map((upstream): Source => ({
    ...upstream,
    store,
    policy: options.policy ?? defaultPolicy,
    audit: options.audit ?? false,
    view: new TrustView(upstream.trust, clock, freshness, budget),
    reachable: new ReachableContent(clock, freshness.refreshMs),
  }));
  const upstreams = new Upstreams(sources);

  meterStore(meters, store);
  meterSources(meters, sources);

  const handle: ProxyHandler['handle'] = (request, response, { user, tunnel } = {}) =>
    conduct(request, response, async (exchange, subject) => {
      if (user !== undefined) subject.user = user;
      const pull = parsePullRequest(request.method ?? '', request.url ?? '', request.headers.host, tunnel);
      const source = upstreams.choose(pull.registry);
      subject.route = pull.route.kind;
      subject.upstream = source.host;
      if (pull.namespace !== undefined) exchange.addHeader('OCI-Namespace', source.host);
      const asked = await asCaller(source, pull.route, request.headers.authorization, exchange.signal);
      return answer(pull, asked, exchange, subject);
    });

  /** Answers and records one request, whatever `work` does. */
  async function conduct(
    request: IncomingMessage,
    response: ServerResponse,
    work: (exchange: Exchange, subject: Subject) => Promise<Answered>,
  ): Promise<void> {
    const exchange = new Exchange(request, response, bounds);
    const begun = performance.now();
    // A socket that is cut forgets whom it belonged to.
    const client = request.socket.remoteAddress ?? '';
    const subject: Subject = { route: 'none' };
    let outcome: Pick<Decision, 'verdict' | 'reason' | 'message' | 'status' | 'bytes'>;
    try {
      const answered = await work(exchange, subject);
      await exchange.taken();
      outcome = { verdict: 'served', ...answered };
    } catch (error) {
      outcome = await conclude(exchange, error, subject);
    } finally {
      exchange.release();
    }
    const ms = Math.round((performance.now() - begun) * 10) / 10;
    log.record({ client, method: request.method ?? '', ...subject, ...outcome, ms });
  }

  return {
    handle,
    refuse: (request, response, error) =>
      conduct(request, response, () => {
        throw error;
      }),
    refused: (client, method, error, status = errorAnswer(error).status) => {
      const why = { reason: error.code, message: error.message };
      log.record({ client, method, route: 'none', ...refusal(status), ...why, status });
    },
    counts: () => log.counts(),
  };
}
