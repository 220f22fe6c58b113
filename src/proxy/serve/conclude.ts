// The end of a request that failed: an error while that is possible, otherwise no end at all.
import { foreseen } from '../../base/errors.ts';
import { errorAnswer } from '../error-answer.ts';
import type { Decision, Subject } from '../operations/decision.ts';
import type { Exchange } from './exchange.ts';

type Outcome = Pick<Decision, 'verdict' | 'reason' | 'message' | 'status'>;

/** Ends a request that failed: with an error while that is possible, otherwise without any end. */
export async function conclude(exchange: Exchange, thrown: unknown, subject: Subject): Promise<Outcome> {
  const error = foreseen(thrown);
  const why = { reason: error.code, message: error.message };
  const { tooSlow } = exchange;
  if (tooSlow !== undefined) return { verdict: 'cut', reason: tooSlow.code, message: tooSlow.message };
  if (exchange.isCut) return { verdict: 'cut', ...why };
  if (exchange.signal.aborted) return { verdict: 'left' };
  if (exchange.begun) {
    exchange.cut();
    return { verdict: 'cut', ...why };
  }
  const { gun, tag } = subject;
  if (error.code === 'REQUEST_MALFORMED') exchange.addHeader('Connection', 'close');
  const { status, headers, body } = errorAnswer(
    error,
    gun === undefined || tag === undefined ? undefined : { gun, tag },
  );
  exchange.send(status, headers, body);
  // Whoever leaves a refusal unread was refused nevertheless, and must not be waited for for ever.
  await exchange.taken().catch(() => undefined);
  return { ...refusal(status), ...why, status };
}

/** Nobody could answer, or the answer is no. */
export function refusal(status: number): { readonly verdict: 'failed' | 'refused' } {
  return { verdict: status >= 500 || status === 429 ? 'failed' : 'refused' };
}
