// A running sandbox seen from another process: it takes orders to attack.
import { decodeUtf8, utf8 } from '../base/bytes.ts';
import { DctError, isDctError } from '../base/errors.ts';
import { isJsonObject, JsonProblem, parseJson, type JsonValue } from '../base/json.ts';
import { limits } from '../base/limits.ts';
import type { HttpResponse, Transport } from '../base/ports.ts';
import { readBounded } from '../http/body.ts';
import type { AttackOrder } from './attack-order.ts';
import { controlPath } from './control.ts';

/**
 * Tells the sandbox whose registry is `host` (`HOST[:PORT]`) to attack. Answers with what it did, for people.
 * @throws SANDBOX_ABSENT when something else answers there, or nothing; USAGE when the sandbox cannot do it
 */
export async function orderAttack(
  transport: Transport,
  host: string,
  order: AttackOrder,
): Promise<readonly string[]> {
  const response = await post(transport, host, order);
  const answer = await read(response, host);
  const { lines, problem, next } = answer;
  if (response.status === 200 && Array.isArray(lines)) return lines.map(String);
  if (typeof problem !== 'string') throw absent(host, `it answers with status ${response.status}`);
  throw new DctError('USAGE', { problem, hint: typeof next === 'string' ? next : '' });
}

async function post(transport: Transport, host: string, order: AttackOrder): Promise<HttpResponse> {
  try {
    return await transport({
      method: 'POST',
      url: new URL(`http://${host}${controlPath}`),
      headers: { 'content-type': 'application/json' },
      body: utf8(JSON.stringify(order)),
    });
  } catch (error) {
    if (isDctError(error) && error.family === 'transport') throw absent(host, error.message, error);
    throw error;
  }
}

async function read(response: HttpResponse, host: string): Promise<Readonly<Record<string, JsonValue>>> {
  const bytes = await readBounded(
    response,
    limits.sandboxOrderBytes,
    'the sandbox’s answer',
    'sandboxOrderBytes',
  );
  try {
    const answer = parseJson(bytes, { numbers: 'any' });
    if (isJsonObject(answer)) return answer;
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
  }
  throw absent(host, `it answers with status ${response.status} and ${describe(bytes)}`);
}

function describe(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes.subarray(0, 40));
  return text === undefined || text === '' ? 'no text' : JSON.stringify(text);
}

function absent(host: string, problem: string, cause?: unknown): DctError {
  return new DctError('SANDBOX_ABSENT', { host, problem }, cause);
}
