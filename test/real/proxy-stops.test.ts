// `dct proxy` as a process that is told to stop: it answers what it has begun, and its exit status says that all is well.
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { dctProgram } from '../support/real/clients.ts';
import { startServer, type Server } from '../support/real/programs.ts';

let home: string;
let proxy: Server;
let port: number;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'dct-stop-'));
  const announcement = /^dct proxy listening on http:\/\/127\.0\.0\.1:(\d+)$/mu;
  proxy = await startServer(
    process.execPath,
    [dctProgram, 'proxy', '--registry', 'registry.test', '--listen', '127.0.0.1:0', '--drain', '1'],
    { env: { HOME: home }, cwd: home },
    (started) => announcement.test(started.stdout()),
  );
  port = Number(announcement.exec(proxy.stdout())?.[1]);
});
afterEach(async () => {
  await proxy.kill();
  await rm(home, { recursive: true });
});

it.each(['SIGTERM', 'SIGINT'] as const)('PX-20: %s ends it with status 0', async (signal) => {
  proxy.signal(signal);
  expect(await proxy.ended).toBe(0);
});

it('PX-20: SIGTERM ends it with status 0 although a client holds its connection open', async () => {
  const client = connect(port, '127.0.0.1');
  client.on('error', () => undefined);
  client.write('GET /v2/ HTTP/1.1\r\nHost: proxy\r\n\r\nGET /v2/');
  await new Promise((resolve) => client.once('data', resolve));
  proxy.signal('SIGTERM');
  expect(await proxy.ended).toBe(0);
  client.destroy();
});
