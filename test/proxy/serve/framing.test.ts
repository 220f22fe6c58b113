// Bodies that two servers could end at different places: none is read, so nothing behind one can become a request.
import { expect, it } from 'vitest';
import { startRig } from '../fakes.ts';
import { sendRaw } from '../raw.ts';
import { content, digestOfAll, ScriptedBlob } from '../scripted-blob.ts';

const chunked = 'GET /v2/ HTTP/1.1\r\nHost: proxy\r\nTransfer-Encoding: chunked\r\n\r\n';
const tunnel = 'CONNECT registry.test:5000 HTTP/1.1\r\nHost: registry.test:5000\r\n\r\n';
const smuggled = 'GET /v2/smuggled/tags/list HTTP/1.1\r\nHost: proxy\r\n\r\n';

it.each([
  ['a chunk size that overflows', `${chunked}FFFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n`],
  ['a negative chunk size', `${chunked}-1\r\nabc\r\n0\r\n\r\n`],
  ['a chunk extension of a megabyte', `${chunked}3;${'a'.repeat(1024 * 1024)}\r\nabc\r\n0\r\n\r\n`],
  ['trailers with another Host', `${chunked}0\r\nHost: evil.test\r\n\r\n`],
  ['bare line feeds', `${chunked}3\nabc\n0\n\n`],
  ['a proper end', `${chunked}3\r\nabc\r\n0\r\n\r\n`],
])('PX-01: after %s no second request is answered', async (_what, request) => {
  const { port, trust } = await startRig();
  const answer = await sendRaw(port, request + smuggled);
  expect(answer.text.match(/^HTTP\/1\.1 /gm)?.length ?? 0).toBeLessThanOrEqual(1);
  expect([0, 200, 400, 413]).toContain(answer.status);
  expect(trust.updates).toEqual([]);
});

it.each([
  ['X-Forwarded-Host: mirror.test\r\n', 'X-Forwarded-Host'],
  ['Forwarded: host=mirror.test\r\n', 'Forwarded'],
  ['X-Original-URL: /v2/other/tags/list\r\n', 'X-Original-URL'],
])('PX-02: %s chooses no registry and no path', async (header) => {
  const { port, trust } = await startRig();
  await sendRaw(
    port,
    `GET /v2/app/tags/list HTTP/1.1\r\nHost: mirror.test\r\n${header}Connection: close\r\n\r\n`,
  );
  expect(trust.updates).toEqual(['registry.test:5000/app']);
});

it.each([
  ['a body', 'POST /v2/ HTTP/1.1\r\nHost: proxy\r\nContent-Length: 5\r\n\r\nhello'],
  ['a chunked body', `${chunked}3\r\nabc\r\n0\r\n\r\n`],
])('PX-01: after %s no tunnel is asked for', async (_what, request) => {
  const { port, decisions } = await startRig();
  const answer = await sendRaw(port, request + tunnel);
  expect(answer.text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  await expect.poll(() => decisions).toHaveLength(1);
});

it('PX-10: who asks for a tunnel before a blob is there gets no byte of an answer to that into it', async () => {
  const { port, registry, decisions } = await startRig();
  const pieces = content(4);
  const digest = digestOfAll(pieces);
  const never = new Promise<void>(() => undefined);
  const before = (index: number): Promise<void> | undefined => (index === 3 ? never : undefined);
  registry.blobs.set(digest, () => new ScriptedBlob({ digest, size: 4096, pieces, before }));
  const answer = await sendRaw(port, `GET /v2/app/blobs/${digest} HTTP/1.1\r\nHost: proxy\r\n\r\n`, tunnel);
  const [, body = ''] = answer.text.split('\r\n\r\n');
  expect(Buffer.concat(pieces).toString('latin1').startsWith(body)).toBe(true);
  await expect.poll(() => decisions.map(({ verdict }) => verdict)).toEqual(['left']);
});
