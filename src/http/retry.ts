// Repeats what the network or an overloaded server failed to answer: few times, after waiting, and never a refusal.
import { DctError, isDctError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Clock, HttpRequest, HttpResponse, Pause, Transport } from '../base/ports.ts';
import { discard } from './body.ts';
import { backOff, systemPause } from './pause.ts';

export interface RetryOptions {
  readonly clock: Clock;
  /** The system's timers by default. */
  readonly pause?: Pause;
  /** Called before every repetition. */
  readonly onRetry?: () => void;
}

/** Repeating these cannot do anything twice (RFC 9110 9.2.2). */
const repeatable = new Set(['GET', 'HEAD']);

/** What passes by itself: too many requests, and servers without their own server. */
const passing = new Set([429, 502, 503, 504]);

/** Codes of the system for connections that failed; refusals of our own have none. A name that does not exist stays so. */
const fleeting = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'UND_ERR_SOCKET',
]);

/**
 * The same transport with patience: GET and HEAD are sent again after a connection that failed before the head of an answer,
 * and after answers that ask to come back later. Deadlines that have passed are not begun again, because whoever asked
 * has waited long enough. Every other answer and error is final at once, whatever it says about trust or access.
 */
export function retrying(
  transport: Transport,
  { clock, pause = systemPause, onRetry }: RetryOptions,
): Transport {
  return async (request) => {
    for (let attempt = 1; ; attempt++) {
      const isLast = attempt === limits.requestAttempts || !repeatable.has(request.method);
      const outcome = await settle(transport, request);
      const milliseconds = isLast ? undefined : waitFor(outcome, attempt, clock);
      if (milliseconds === undefined) return unpack(outcome);
      if (!(outcome instanceof DctError)) await discard(outcome);
      await pause(milliseconds, request.signal);
      onRetry?.();
    }
  };
}

/** Failures that are not of the transport family are defects, and fly on. */
async function settle(transport: Transport, request: HttpRequest): Promise<HttpResponse | DctError> {
  try {
    return await transport(request);
  } catch (error) {
    if (isDctError(error)) return error;
    throw error;
  }
}

function unpack(outcome: HttpResponse | DctError): HttpResponse {
  if (outcome instanceof DctError) throw outcome;
  return outcome;
}

/** In milliseconds; undefined for what is final. */
function waitFor(outcome: HttpResponse | DctError, attempt: number, clock: Clock): number | undefined {
  if (outcome instanceof DctError) return isFleeting(outcome) ? backOff(attempt) : undefined;
  if (!passing.has(outcome.status)) return undefined;
  const asked = retryAfter(outcome.headers['retry-after'], clock);
  if (asked === undefined) return backOff(attempt);
  // A server that wants to be left alone for longer is, and who asked us is told at once.
  return asked <= limits.longestPauseMs ? Math.max(asked, backOff(attempt)) : undefined;
}

function isFleeting(error: DctError): boolean {
  if (!isDctError(error, 'UNREACHABLE') && !isDctError(error, 'CUT_OFF')) return false;
  const { cause } = error;
  return cause instanceof Error && 'code' in cause && fleeting.has(String(cause.code));
}

/** Seconds or a date (RFC 9110 10.2.3), in milliseconds from now; undefined for neither. */
function retryAfter(field = '', clock: Clock): number | undefined {
  if (/^\d{1,9}$/.test(field)) return Number(field) * 1000;
  const date = Date.parse(field);
  return Number.isNaN(date) ? undefined : Math.max(0, date - clock.now());
}
