// The door by which a running sandbox is told to attack: one path beside the distribution API, on the registry's port.
import { DctError } from '../base/errors.ts';
import { utf8 } from '../base/bytes.ts';
import { JsonProblem, parseJson } from '../base/json.ts';
import { limits } from '../base/limits.ts';
import { readAttackOrder, type AttackOrder } from './attack-order.ts';
import type { SandboxAnswer, SandboxHandler, SandboxRequest } from './http/handler.ts';

export const controlPath = '/_sandbox/attacks';

/** Answers with what was done, in sentences for people. */
export type Attack = (order: AttackOrder) => Promise<readonly string[]>;

/** Hands orders to `attack`, and everything else to the registry. */
export function withControl(registry: SandboxHandler, attack: Attack): SandboxHandler {
  return (request) => (request.target === controlPath ? control(request, attack) : registry(request));
}

async function control(request: SandboxRequest, attack: Attack): Promise<SandboxAnswer> {
  // A web page can make a browser post a form to loopback, but not this content type without asking first.
  if (request.method !== 'POST' || request.headers['content-type'] !== 'application/json')
    return json(405, { problem: 'orders are posted as application/json', next: '' });
  try {
    const order = readAttackOrder(parseJson(await readOrder(request), { numbers: 'integers' }));
    if (order === undefined) return json(400, { problem: 'this is no order that a sandbox knows', next: '' });
    return json(200, { lines: await attack(order) });
  } catch (error) {
    if (error instanceof JsonProblem) return json(400, { problem: `the order: ${error.message}`, next: '' });
    if (error instanceof DctError) return json(400, { problem: error.message, next: error.next });
    throw error;
  }
}

async function readOrder({ body }: SandboxRequest): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.byteLength;
    if (size > limits.sandboxOrderBytes)
      throw new DctError('LIMIT', {
        what: 'the order',
        limit: 'sandboxOrderBytes',
        bound: limits.sandboxOrderBytes,
      });
    parts.push(Uint8Array.from(part));
  }
  return new Uint8Array(Buffer.concat(parts));
}

function json(status: number, value: unknown): SandboxAnswer {
  return { status, headers: { 'Content-Type': 'application/json' }, body: utf8(JSON.stringify(value)) };
}
