// The operator's own address: what goes wrong there is told, and ends nothing.
import { Server } from 'node:net';
import { expect, it, vi } from 'vitest';
import { startRig } from '../fakes.ts';

it('PX-07: a connection that the system cannot accept there is told, and the proxy serves on', async () => {
  const listens = vi.spyOn(Server.prototype, 'listen');
  const { url, proxy, lines } = await startRig({ admin: { host: '127.0.0.1', port: 0 } });
  const servers = listens.mock.contexts as Server[];
  listens.mockRestore();
  expect(servers).toHaveLength(2);
  // As Node does when accept(2) fails, for example where the whole system has no file descriptor left.
  for (const server of servers) server.emit('error', new Error('accept ENFILE'));
  expect(lines).toEqual(servers.map(() => expect.stringContaining('accept ENFILE') as string));
  expect((await fetch(`${proxy.adminUrl}/healthz`)).status).toBe(200);
  expect((await fetch(`${url}/v2/`)).status).toBe(200);
});
