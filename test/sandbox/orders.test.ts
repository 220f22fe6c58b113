// Orders to attack: which ones a sandbox takes, and what the one who gives them learns.
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { DctError } from '../../src/base/errors.ts';
import type { JsonValue } from '../../src/base/json.ts';
import { limits } from '../../src/base/limits.ts';
import type { Transport } from '../../src/base/ports.ts';
import { createTransport } from '../../src/http/transport.ts';
import { readAttackOrder, type AttackOrder } from '../../src/sandbox/attack-order.ts';
import { controlPath, withControl, type Attack } from '../../src/sandbox/control.ts';
import type { SandboxHandler } from '../../src/sandbox/http/handler.ts';
import { listen } from '../../src/sandbox/http/listen.ts';
import { orderAttack } from '../../src/sandbox/remote.ts';

const corrupt = {
  attack: 'corrupt',
  repository: 'a',
  reference: 'latest',
  layer: 1,
  how: 'truncate',
} as const;
const swap = { attack: 'swap-tag', repository: 'a', tag: 'latest', other: 'v2' } as const;
const restore = { attack: 'restore', repository: 'a', gun: 'localhost/a' } as const;

describe('orders', () => {
  it.each<AttackOrder>([
    corrupt,
    { attack: 'freeze', gun: 'localhost/a' },
    { attack: 'rollback', gun: 'localhost/a', publications: 2 },
    swap,
    { ...swap, gun: 'localhost/a' },
    restore,
  ])('$attack is one', (order) => {
    expect(readAttackOrder(order as unknown as JsonValue)).toEqual(order);
  });

  it.each<{ name: string; message: JsonValue }>([
    { name: 'no object', message: [corrupt] },
    { name: 'nothing', message: null },
    { name: 'an unknown attack', message: { ...corrupt, attack: 'steal' } },
    { name: 'an attack named like a member of every object', message: { attack: 'constructor' } },
    { name: 'a missing field', message: { attack: 'freeze' } },
    { name: 'a field of another type', message: { attack: 'freeze', gun: 1 } },
    { name: 'an optional field of another type', message: { ...swap, gun: 1 } },
    { name: 'a layer 0', message: { ...corrupt, layer: 0 } },
    { name: 'half a layer', message: { ...corrupt, layer: 1.5 } },
    { name: 'an unknown alteration', message: { ...corrupt, how: 'burn' } },
  ])('$name is none', ({ message }) => {
    expect(readAttackOrder(message)).toBeUndefined();
  });
});

/** Runs with a server at `HOST:PORT`. */
async function serving<T>(
  handler: SandboxHandler,
  work: (host: string, transport: Transport) => Promise<T>,
): Promise<T> {
  const { port, close } = await listen(handler, { host: '127.0.0.1', port: 0 });
  const transport = createTransport();
  try {
    return await work(`127.0.0.1:${port}`, transport);
  } finally {
    await transport.close();
    await close();
  }
}

const registry: SandboxHandler = () =>
  Promise.resolve({ status: 200, headers: {}, body: utf8('the registry') });

describe('giving an order', () => {
  const give = (attack: Attack): Promise<readonly string[]> =>
    serving(withControl(registry, attack), (host, transport) => orderAttack(transport, host, restore));

  it('answers with what was done', async () => {
    const given: AttackOrder[] = [];
    const attack: Attack = (order) => Promise.resolve([`did ${String(given.push(order))}`]);
    expect(await give(attack)).toEqual(['did 1']);
    expect(given).toEqual([restore]);
  });

  it('answers with what stands in the way, and what to do', async () => {
    const failing: Attack = () => Promise.reject(new DctError('NAME_UNKNOWN', { repository: 'a' }));
    const { message, next } = new DctError('NAME_UNKNOWN', { repository: 'a' });
    await expect(give(failing)).rejects.toMatchObject({
      code: 'USAGE',
      facts: { problem: message, hint: next },
    });
  });

  it.each<{ name: string; handler: SandboxHandler }>([
    { name: 'a server that is no sandbox', handler: registry },
    {
      name: 'a server that knows no such path',
      handler: () => Promise.resolve({ status: 404, headers: {}, body: utf8('{}') }),
    },
    { name: 'a server that says nothing', handler: () => Promise.resolve({ status: 200, headers: {} }) },
  ])('to $name finds no sandbox', async ({ handler }) => {
    const answer = serving(handler, (host, transport) => orderAttack(transport, host, restore));
    await expect(answer).rejects.toMatchObject({ code: 'SANDBOX_ABSENT' });
  });

  it('to nobody finds no sandbox', async () => {
    const refusing: Transport = () =>
      Promise.reject(new DctError('UNREACHABLE', { origin: 'http://a', problem: 'refused' }));
    await expect(orderAttack(refusing, 'a', restore)).rejects.toMatchObject({ code: 'SANDBOX_ABSENT' });
  });
});

describe('the control path', () => {
  const send = (init: { method?: string; type?: string; body?: string }) =>
    serving(
      withControl(registry, () => Promise.reject(new Error('must not be reached'))),
      async (host, transport) => {
        const { method = 'POST', type = 'application/json', body = '' } = init;
        const url = new URL(`http://${host}${controlPath}`);
        return (await transport({ method, url, headers: { 'content-type': type }, body: utf8(body) })).status;
      },
    );

  it.each([
    {
      name: 'a form, as any web page could make a browser post',
      init: { type: 'text/plain', body: JSON.stringify(restore) },
      status: 405,
    },
    { name: 'another method', init: { method: 'PUT', body: JSON.stringify(restore) }, status: 405 },
    { name: 'no JSON', init: { body: '{' }, status: 400 },
    { name: 'no order', init: { body: '{}' }, status: 400 },
    { name: 'too much', init: { body: `"${'x'.repeat(limits.sandboxOrderBytes)}"` }, status: 400 },
  ])('refuses $name', async ({ init, status }) => {
    expect(await send(init)).toBe(status);
  });

  it('leaves everything else to the registry', async () => {
    const handler = withControl(registry, () => Promise.resolve([]));
    const { body } = await handler({
      method: 'GET',
      target: '/v2/',
      headers: {},
      body: (async function* () {})(),
    });
    expect(body).toEqual(utf8('the registry'));
  });
});
