// Where a registry is reached, and when plain HTTP is tried (AU-08).
import { afterEach, describe, expect, it } from 'vitest';
import { DctError } from '../../src/base/errors.ts';
import { registryAddresses, registryOrigin } from '../../src/http/origin.ts';
import { createTransport, type ClosableTransport } from '../../src/http/transport.ts';
import { testAuthority } from '../support/certificates.ts';
import { reply, serve, type HostileServer } from '../support/hostile-server.ts';
import { answer, scripted } from './support.ts';

const open: (HostileServer | ClosableTransport)[] = [];
afterEach(async () => {
  for (const item of open.splice(0)) await item.close();
});

describe('the addresses of a registry', () => {
  it.each([
    ['docker.io', ['https://registry-1.docker.io/']],
    ['registry.example', ['https://registry.example/']],
    ['registry.example:80', ['https://registry.example:80/']],
    ['10.0.0.1:5000', ['https://10.0.0.1:5000/']],
    ['localhost', ['https://localhost/', 'http://localhost/']],
    ['localhost:5000', ['https://localhost:5000/', 'http://localhost:5000/']],
    ['127.1.2.3:5000', ['https://127.1.2.3:5000/', 'http://127.1.2.3:5000/']],
    ['[::1]:5000', ['https://[::1]:5000/', 'http://[::1]:5000/']],
    ['localhost.example', ['https://localhost.example/']],
    ['insecure.example:5000', ['https://insecure.example:5000/', 'http://insecure.example:5000/']],
    ['insecure.example:5001', ['https://insecure.example:5001/']],
    ['insecure.example', ['https://insecure.example/']],
  ])('%s', (host, expected) => {
    expect(registryAddresses(host, ['insecure.example:5000']).map(String)).toEqual(expected);
  });
});

describe('choosing', () => {
  it('asks nobody when there is no choice', async () => {
    const transport = scripted(() => answer(200));
    expect((await registryOrigin({ host: 'registry.example', transport })()).href).toBe(
      'https://registry.example/',
    );
    expect(transport.asked).toEqual([]);
  });

  it('takes plain HTTP when nobody speaks TLS there, and remembers it', async () => {
    const server = await serve(reply(200, {}));
    const transport = createTransport();
    open.push(server, transport);
    const origin = registryOrigin({ host: server.host, transport });
    expect([(await origin()).protocol, (await origin()).protocol]).toEqual(['http:', 'http:']);
    expect(server.heard).toHaveLength(1);
  });

  it('AU-08 a certificate that is not trusted is an error, not a reason for plain HTTP', async () => {
    const authority = testAuthority();
    const certificate = authority.issue('IP:127.0.0.1');
    authority.close();
    const server = await serve(reply(200, {}), certificate);
    const transport = createTransport();
    open.push(server, transport);
    await expect(registryOrigin({ host: server.host, transport })()).rejects.toMatchObject({ code: 'TLS' });
    expect(server.heard).toEqual([]);
  });

  it('stays with TLS whatever a TLS server answers', async () => {
    const transport = scripted(() => answer(500));
    expect((await registryOrigin({ host: 'localhost', transport })()).protocol).toBe('https:');
  });

  it('AU-08 never downgrades for another failure', async () => {
    const transport = scripted(() => {
      throw new DctError('TIMEOUT', { origin: 'x', phase: 'connecting', seconds: 5 });
    });
    await expect(registryOrigin({ host: 'localhost', transport })()).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
    expect(transport.asked.map(({ url }) => url.protocol)).toEqual(['https:']);
  });

  it('forgets a failure', async () => {
    let up = false;
    const transport = scripted(() => {
      if (!up) throw new DctError('UNREACHABLE', { origin: 'x', problem: 'connection refused' });
      return answer(200);
    });
    const origin = registryOrigin({ host: 'localhost', transport });
    await expect(origin()).rejects.toMatchObject({ code: 'UNREACHABLE' });
    up = true;
    expect((await origin()).protocol).toBe('https:');
  });
});
