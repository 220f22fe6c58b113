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
  /** Without any byte in either direction. */
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
