// Our own authority: for whom it vouches, whom a name constraint shuts out, and what stands in its certificates.
import { X509Certificate } from 'node:crypto';
import { createSecureContext, TLSSocket, connect } from 'node:tls';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { generalNameOf, issueFor, makeAuthority } from '../../src/x509/index.ts';

const dayMs = 24 * 60 * 60 * 1000;
const validity = { notBefore: Date.now() - dayMs, notAfter: Date.now() + dayMs };

/** Why a client that trusts only `ca` does not believe a server for `host`; undefined when it does. */
async function verdict(
  ca: string,
  issued: { cert: string; key: string },
  host: string,
): Promise<string | undefined> {
  const secureContext = createSecureContext(issued);
  const server = createServer((socket) => {
    new TLSSocket(socket, { isServer: true, secureContext }).on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    return await new Promise((resolve) => {
      const client = connect({ host: '127.0.0.1', port, ca, servername: host });
      client.on('secureConnect', () => resolve(undefined));
      client.on('error', (error: Error) => resolve(error.message));
    });
  } finally {
    server.close();
  }
}

describe('an authority that may vouch for some hosts only', () => {
  it.each<[only: readonly string[], host: string, problem: string | undefined]>([
    [['registry.test'], 'registry.test', undefined],
    [['registry.test'], 'other.test', 'permitted subtree violation'],
    [['registry.test', 'other.test'], 'other.test', undefined],
    [['127.0.0.2'], 'registry.test', 'excluded subtree violation'],
  ])('of %j is believed for %s: %s', async (only, host, problem) => {
    const { authority, cert } = await makeAuthority({
      name: 'test',
      only: only.map(generalNameOf),
      ...validity,
    });
    const issued = await issueFor(authority, {
      subject: 'server',
      names: [generalNameOf(host)],
      ...validity,
    });
    expect(await verdict(cert, issued, host)).toBe(problem);
  });
});

describe('what it issues', () => {
  it('names exactly the hosts that it was asked for', async () => {
    const { authority, cert: ca } = await makeAuthority({ name: 'test', ...validity });
    const names = ['registry.test', '192.0.2.7', '[2001:db8::7]', '::ffff:1.2.3.4'].map(generalNameOf);
    const { cert } = await issueFor(authority, { subject: 'server', names, ...validity });
    const read = new X509Certificate(cert);
    expect(read.subjectAltName).toBe(
      'DNS:registry.test, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:7, IP Address:0:0:0:0:0:FFFF:102:304',
    );
    expect(read.ca).toBe(false);
    expect(read.checkIssued(new X509Certificate(ca))).toBe(true);
  });

  it('never has a serial number twice', async () => {
    const { authority } = await makeAuthority({ name: 'test', ...validity });
    const issue = async (): Promise<string> => {
      const { cert } = await issueFor(authority, { subject: 's', names: [{ dns: 'a.test' }], ...validity });
      return new X509Certificate(cert).serialNumber;
    };
    const serials = [await issue(), await issue()];
    expect(new Set(serials).size).toBe(2);
  });
});
