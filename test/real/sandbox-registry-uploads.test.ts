// The sandbox's registry on the wire: an upload that a broken connection interrupts, and errors that still reach the client.
import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/real/programs.ts';
import { startSandboxRegistry, type SandboxRegistry } from '../support/real/sandbox-registry.ts';

const MiB = 1024 * 1024;

describe('uploads over real connections', () => {
  let registry: SandboxRegistry;
  beforeAll(async () => {
    registry = await startSandboxRegistry();
  });
  afterAll(async () => {
    await registry.close();
    expect(registry.failures).toEqual([]);
  });

  const begin = async (): Promise<string> => {
    const { headers } = await fetch(`${registry.url}/v2/app/blobs/uploads/`, { method: 'POST' });
    return headers.get('location') ?? '';
  };

  it('go on after the connection broke in the middle of a chunk', async () => {
    const content = randomBytes(40 * MiB);
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    const upload = await begin();
    const sent = 17 * MiB + 5;
    const head = [`PATCH ${upload} HTTP/1.1`, `Host: ${registry.host}`, `Content-Length: ${content.length}`];
    await sendAndLeave(registry.port, `${head.join('\r\n')}\r\n\r\n`, content.subarray(0, sent));

    const standing = async (): Promise<number> => {
      const { status, headers } = await fetch(registry.url + upload);
      expect(status).toBe(204);
      return Number(headers.get('range')?.split('-')[1]) + 1;
    };
    await until(async () => (await standing()) === sent, 'what was sent to arrive');

    const rest = content.subarray(sent);
    const headers = { 'content-range': `${sent}-${content.length - 1}` };
    const resume = (): Promise<Response> =>
      fetch(registry.url + upload, { method: 'PATCH', headers, body: rest });
    // Until the server has seen the connection break, the upload still has its first writer.
    let resumed: Response | undefined;
    await until(async () => (resumed = await resume()).status !== 429, 'the upload to be free');
    expect(resumed?.status).toBe(202);

    const end = await fetch(`${registry.url}${upload}?digest=${digest}`, { method: 'PUT' });
    expect(end.status).toBe(201);
    const pulled = await fetch(`${registry.url}/v2/app/blobs/${digest}`);
    expect(content.equals(Buffer.from(await pulled.arrayBuffer()))).toBe(true);
  });

  it('that break off before their digest leave no blob', async () => {
    const content = randomBytes(MiB);
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    const target = `/v2/app/blobs/uploads/?digest=${digest}`;
    const head = [`POST ${target} HTTP/1.1`, `Host: ${registry.host}`, `Content-Length: ${content.length}`];
    await sendAndLeave(registry.port, `${head.join('\r\n')}\r\n\r\n`, content.subarray(0, -1));
    expect((await fetch(`${registry.url}/v2/app/blobs/${digest}`)).status).toBe(404);
  });

  it('that are refused are told why, whatever the client still sends', async () => {
    const upload = await begin();
    const response = await fetch(registry.url + upload, {
      method: 'PATCH',
      headers: { 'content-range': `5-${5 + 8 * MiB - 1}` },
      body: new Uint8Array(8 * MiB),
    });
    expect(response.status).toBe(416);
    expect(await response.json()).toMatchObject({ errors: [{ code: 'RANGE_INVALID' }] });
    const manifest = await fetch(`${registry.url}/v2/app/manifests/1`, {
      method: 'PUT',
      body: new Uint8Array(8 * MiB),
    });
    expect(manifest.status).toBe(413);
  });
});

/** Sends a part of a request and closes the connection once it is on its way. */
function sendAndLeave(port: number, head: string, body: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(head);
      socket.write(body, () => socket.destroy());
    });
    socket.on('error', reject);
    socket.on('close', () => resolve());
  });
}
