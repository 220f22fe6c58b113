// Inside the tunnel of a forward proxy: what a server says about client certificates, and ends that come at the wrong moment.
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createTransport } from '../../src/http/transport.ts';
import { testAuthority } from '../support/certificates.ts';
import { get } from './support.ts';
import { tunnel } from './tunnel.ts';

const authority = testAuthority();
const certificate = authority.issue('DNS:registry.example');
const mine = authority.issue('DNS:me');
authority.close();
const content = Buffer.alloc(3_000_000, 'content');

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const item of open.splice(0).reverse()) await item.close();
});

/** A transport through a proxy to a server that closes after each answer, and may want client certificates. */
async function through(requestCert: boolean, client = {}): Promise<ReturnType<typeof createTransport>> {
  const server = createServer({ ...certificate, ca: authority.ca, requestCert }, (_request, response) => {
    response.useChunkedEncodingByDefault = false;
    response.writeHead(200, { connection: 'close' });
    response.end(content);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy = await tunnel((server.address() as AddressInfo).port);
  const env = { HTTPS_PROXY: `http://${proxy.host}` };
  const transport = createTransport({ env, ca: authority.ca, ...client });
  open.push(server, proxy, transport);
  return transport;
}
const request = get('https://registry.example/');

it('a missing client certificate is called that, not a broken connection', async () => {
  await expect((await through(true))(request)).rejects.toMatchObject({ code: 'CLIENT_CERTIFICATE' });
});

it('a client certificate is shown through the proxy', async () => {
  const send = await through(true, { clientCert: mine.cert, clientKey: mine.key });
  const response = await send(request);
  expect(response.status).toBe(200);
  response.body.cancel();
});

it('BL-03 a connection that ends while a consumer is busy is an answer or an error, never the end of the process', async () => {
  const response = await (await through(false))(request);
  let length = 0;
  const delivered = response.body.deliver(async (chunk) => {
    length += chunk.byteLength;
    // Meanwhile all that is left comes, and the end after it.
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
  });
  const code = await delivered.then(
    () => 'whole',
    (error: unknown) => (error as { code: string }).code,
  );
  expect([
    ['whole', content.length],
    ['CUT_OFF', length],
  ]).toContainEqual([code, length]);
});
