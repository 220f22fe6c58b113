// What clients may hold open and how slow they may be, as values: an operator or a test may choose others.
import { limits } from '../../base/limits.ts';

export interface ServeBounds {
  /** Connections of all clients together, and of one address. */
  readonly connections: number;
  readonly connectionsEach: number;
  /** Requests that are being answered, of all clients together, and of one address. */
  readonly requests: number;
  readonly requestsEach: number;
  /** For the head of a request, and for all of it, in milliseconds (slow headers and bodies, PX-07). */
  readonly headMs: number;
  readonly requestMs: number;
  /** Without any byte in either direction, while the client does not wait for us. */
  readonly idleMs: number;
  readonly keepAliveMs: number;
  /** Bytes in a second that a client has to take while an answer waits for it, on average after `graceMs` (PX-08). */
  readonly paceBytes: number;
  readonly graceMs: number;
}

export const serveBounds: ServeBounds = {
  connections: limits.clientConnections,
  connectionsEach: limits.clientConnectionsEach,
  requests: limits.clientRequests,
  requestsEach: limits.clientRequestsEach,
  headMs: limits.requestHeadMs,
  requestMs: limits.requestMs,
  idleMs: limits.clientIdleMs,
  keepAliveMs: limits.keepAliveMs,
  paceBytes: limits.clientPaceBytes,
  graceMs: limits.clientGraceMs,
};

/**
 * Fewer connections where the process may not have enough file descriptors for all of them (PX-07): connections that it has
 * none for are closed by libuv, ours and the operator's alike, and nobody is told.
 * @param descriptors undefined when that is not known
 */
export function withinDescriptors(bounds: ServeBounds, descriptors: number | undefined): ServeBounds {
  const room = Math.floor((descriptors ?? Infinity) / limits.descriptorsPerConnection);
  if (room >= bounds.connections) return bounds;
  const connections = Math.max(1, room);
  const share = connections / bounds.connections;
  return { ...bounds, connections, connectionsEach: Math.max(1, Math.floor(bounds.connectionsEach * share)) };
}
