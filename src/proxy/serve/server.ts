// The proxy as a server: who is let in, what is answered elsewhere, and an end that cuts nobody off without need.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { printable } from '../../base/errors.ts';
import { checkAccounts } from '../caller.ts';
import { createProxyHandler, type ProxyHandler, type ProxyOptions } from '../handler.ts';
import { startAdmin } from '../operations/admin.ts';
import type { DecisionCounts } from '../operations/decision.ts';
import { Health } from '../operations/health.ts';
import { MeterRegistry } from '../operations/meter-registry.ts';
import { Admission } from './admission.ts';
import { serveBounds, withinDescriptors } from './bounds.ts';
import { hasBody } from './exchange.ts';
import { listen, type Listen } from './listen.ts';
import { createListener } from './listener.ts';
import { ambiguity, malformed, refuseRaw } from './malformed.ts';
import { Pipelines } from './pipelines.ts';
import type { TlsIdentity } from './tls-identity.ts';
import { Tunnels, type TunnelOptions } from './tunnel.ts';
import { userOf, type Users } from './users.ts';

export interface ProxyServerOptions extends Omit<ProxyOptions, 'meters'> {
  /** Port 0 picks a free one. */
  readonly listen: Listen;
  /** Where the operator looks: metrics, life, readiness. Nowhere when left out. */
  readonly admin?: Listen;
  readonly meters?: MeterRegistry;
  /** What the proxy shows to clients; plain HTTP when left out. */
  readonly identity?: TlsIdentity;
  /** Who may ask; anybody who can connect, and has a certificate where one is asked for, when left out. */
  readonly users?: Users;
  /** How many file descriptors the process may have; connections are bounded by it, unless it is left out. */
  readonly descriptors?: number | undefined;
  /** For clients that use this as their HTTP proxy; without it, every CONNECT is refused (ADR 0015, ADR 0023). */
  readonly tunnels?: TunnelOptions;
}

export interface RunningProxy {
  /** `http://HOST:PORT`, with the port that was picked. */
  readonly url: string;
  readonly adminUrl: string | undefined;
  counts(): DecisionCounts;
  /**
   * Stops: unready at once, no new connections, and running answers may end within `drainMs`; what still runs then is
   * cut, and so cannot pass for complete (PX-20). Resolves when every connection is closed.
   */
  close(drainMs?: number): Promise<void>;
}

/**
 * Starts the verifying pull proxy.
 * @throws USAGE on bad upstreams; LISTEN_FAILED
 */
export async function startProxy(options: ProxyServerOptions): Promise<RunningProxy> {
  const { meters = new MeterRegistry(), notices, identity, onDecision } = options;
  const wanted = { ...serveBounds, ...options.bounds };
  const bounds = withinDescriptors(wanted, options.descriptors);
  if (bounds !== wanted)
    notices.warn(
      `this process may have only ${options.descriptors} file descriptors: clients get ${bounds.connections} connections ` +
        `instead of ${wanted.connections}, and each address ${bounds.connectionsEach}`,
    );
  checkAccounts(options.upstreams, options.users !== undefined);
  const hosts = options.upstreams.map(({ host }) => host);
  const health = new Health();
  const handler = createProxyHandler({
    ...options,
    meters,
    onDecision: (decision) => {
      health.observe(decision);
      onDecision?.(decision);
    },
  });
  const admission = new Admission(bounds, meters);
  health.meter(meters, hosts);
  identity?.meter(meters);

  const listener = createListener(bounds, admission, identity);
  const { server, scheme } = listener;
  const tunnels = new Tunnels(hosts, options.tunnels, {
    identify: (request) => userOf(request, options.users),
    notices,
    accept: (socket) => listener.accept(socket),
    onRefused: (client, error) => handler.refused(client, 'CONNECT', error),
  });
  const pipelines = new Pipelines();
  /** Connections that had their last answer, whatever else comes in. */
  const ended = new WeakSet<Duplex>();
  const visitors = { admission, users: options.users, tunnels };
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    if (health.state === 'draining') response.setHeader('Connection', 'close');
    // Left alone, a connection that went idle after the server was closed would stay until its time-out.
    response.once('close', () => health.state === 'draining' && server.closeIdleConnections());
    // What follows a last answer is never looked at: somebody else may take it for a part of the body (PX-01).
    if (ended.has(request.socket)) return;
    if (hasBody(request)) ended.add(request.socket);
    const problem = ambiguity(request);
    if (problem !== undefined) {
      ended.add(request.socket);
      pipelines.run(request, () => handler.refuse(request, response, problem));
    } else pipelines.run(request, () => receive(visitors, handler, request, response));
  };
  server.on('request', serve);
  // Answered like any request with a body: at once, and without inviting the body (PX-06, PX-10).
  server.on('checkContinue', serve);
  // Left to Node, it would be answered 417 without a look at who asks, and whatever follows its body as well.
  server.on('checkExpectation', serve);
  server.on('connect', (request, socket, head) => {
    // What was said here would get between the bytes of an answer that is on its way (PX-10).
    if (ended.has(socket)) tunnels.keep(request.socket);
    else if (pipelines.isBusy(socket)) socket.destroy();
    else void tunnels.answer(request, head);
  });
  server.on('clientError', (error, socket) => {
    const found = malformed(error);
    if (found !== undefined) handler.refused(addressOf(socket), '', found.error, found.status);
    const answerable = socket.writable && !ended.has(socket) && !pipelines.isBusy(socket);
    if (found === undefined || !answerable) socket.destroy();
    else refuseRaw(socket, found);
  });

  const admin =
    options.admin &&
    (await startAdmin({ listen: options.admin, health, metrics: () => meters.render(), notices }));
  const url = await listen(server, options.listen, undefined, scheme).catch(async (error: unknown) => {
    await admin?.close();
    throw error;
  });
  // Where the system tells of a connection that cannot be accepted: those that there are go on.
  server.on('error', (error) => notices.warn(printable(`cannot accept a connection: ${error.message}`)));
  health.state = 'ready';
  return {
    url,
    adminUrl: admin?.url,
    counts: () => handler.counts(),
    async close(drainMs = 10_000) {
      health.state = 'draining';
      identity?.close();
      options.users?.close();
      await new Promise<void>((resolve) => {
        const deadline = setTimeout(() => {
          listener.cut();
          tunnels.close();
        }, drainMs);
        server.close(() => {
          clearTimeout(deadline);
          resolve();
        });
      });
      await admin?.close();
    },
  };
}

function addressOf(socket: Duplex): string {
  return 'remoteAddress' in socket && typeof socket.remoteAddress === 'string' ? socket.remoteAddress : '';
}

interface Visitors {
  readonly admission: Admission;
  readonly users: Users | undefined;
  readonly tunnels: Tunnels;
}

/** Answers one request, or says why this client, or anybody, has to wait or is not let in. */
async function receive(
  { admission, users, tunnels }: Visitors,
  handler: ProxyHandler,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let leave: (() => void) | undefined;
  try {
    leave = admission.begin(request.socket.remoteAddress);
    const tunnel = tunnels.originOf(request.socket);
    // Inside of a tunnel, what a client shows is meant for the registry.
    const user = tunnel === undefined ? await userOf(request, users) : tunnel.user;
    await handler.handle(request, response, { user, tunnel });
  } catch (error) {
    await handler.refuse(request, response, error);
  } finally {
    leave?.();
  }
}
