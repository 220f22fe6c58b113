// The sandbox's throw-away authority: who is believed under which name, and what is forgotten.
import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { serverIdentity } from '../../src/sandbox/certificates.ts';
import { createTransport } from '../../src/http/transport.ts';
import { listen } from '../../src/sandbox/http/listen.ts';
import { MemoryFiles } from '../support/memory-files.ts';

const now = Date.now();
const dayMs = 24 * 60 * 60 * 1000;

describe('the server certificate', () => {
  it.each(['localhost', '127.0.0.1'])(
    'is believed for %s by whoever trusts the authority, and by nobody else',
    async (host) => {
      const { ca, ...tls } = await serverIdentity(new MemoryFiles(), now);
      const { port, close } = await listen(() => Promise.resolve({ status: 200, headers: {} }), {
        host: '127.0.0.1',
        port: 0,
        tls,
      });
      const [trusting, other] = [createTransport({ ca }), createTransport()];
      const request = { method: 'GET', url: new URL(`https://${host}:${port}/`), headers: {} };
      expect((await trusting(request)).status).toBe(200);
      await expect(other(request)).rejects.toMatchObject({ code: 'TLS' });
      await Promise.all([trusting.close(), other.close()]);
      await close();
    },
  );

  it('names the hosts of the classic guide, and nothing beyond this machine', async () => {
    const { cert } = await serverIdentity(new MemoryFiles(), now);
    expect(new X509Certificate(cert).subjectAltName).toBe(
      'DNS:localhost, DNS:notaryserver, DNS:sandboxregistry, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    );
  });

  it('is no authority itself', async () => {
    const { ca, cert } = await serverIdentity(new MemoryFiles(), now);
    expect([new X509Certificate(ca).ca, new X509Certificate(cert).ca]).toEqual([true, false]);
    expect(new X509Certificate(cert).verify(new X509Certificate(ca).publicKey)).toBe(true);
  });
});

describe('what is kept', () => {
  it('is the server’s own key, never the authority’s', async () => {
    const files = new MemoryFiles();
    const { key } = await serverIdentity(files, now);
    const text = [...files.contents.values()].map((bytes) => Buffer.from(bytes).toString()).join('');
    expect(text.match(/BEGIN PRIVATE KEY/g)).toHaveLength(1);
    expect(text).toContain(JSON.stringify(key));
  });

  it('is used again until a day before it ends', async () => {
    const files = new MemoryFiles();
    const first = await serverIdentity(files, now);
    expect(await serverIdentity(files, now + 823 * dayMs)).toEqual(first);
    expect(await serverIdentity(files, now + 824 * dayMs)).not.toEqual(first);
  });
});
