// Certificates for a registry: where Docker looks for them, what may not be read, and who gets to see ours.
import { afterAll, describe, expect, it } from 'vitest';
import { DctError } from '../../src/base/errors.ts';
import { identifiedTransport } from '../../src/cli/identified-transport.ts';
import { readTlsMaterial, registryDirectories } from '../../src/cli/tls-material.ts';
import { followRedirects } from '../../src/http/redirect.ts';
import type { TransportOptions } from '../../src/http/transport.ts';
import { answer, get } from '../http/support.ts';
import { testAuthority } from '../support/certificates.ts';
import { fakeIo } from './support.ts';

const authority = testAuthority();
afterAll(() => authority.close());
const { cert, key } = authority.issue('DNS:me.test');
const host = 'registry.test:5000';
const system = `/etc/docker/certs.d/${host}`;

describe('the directories', () => {
  const own = '/home/me/.config/docker/certs.d/registry.test:5000';
  it.each([
    [{}, own],
    [{ XDG_CONFIG_HOME: '/xdg' }, '/xdg/docker/certs.d/registry.test:5000'],
    [{ XDG_CONFIG_HOME: 'relative' }, own],
  ])('are those of Docker Desktop, the rootless engine and the system: %j', (env, rootless) => {
    expect(registryDirectories({ env, home: '/home/me' }, '/docker', host)).toEqual([
      `/docker/certs.d/${host}`,
      rootless,
      system,
    ]);
  });

  it.each([`${system}/me.key`, `${system}/me.cert`])(
    'what may not be read is left out: %s',
    async (forbidden) => {
      const contents = {
        [`${system}/ca.crt`]: authority.ca,
        [`${system}/me.cert`]: cert,
        [`${system}/me.key`]: key,
      };
      const { files } = fakeIo({ files: contents });
      const read = (file: string): ReturnType<typeof files.read> =>
        file === forbidden
          ? Promise.reject(new DctError('DISK', { file, operation: 'read', problem: 'EACCES' }))
          : files.read(file);
      const warnings: string[] = [];
      const notices = { warn: (line: string) => void warnings.push(line) };
      expect(await readTlsMaterial({ files: { ...files, read }, notices }, [system], {})).toEqual({
        ca: [authority.ca],
      });
      expect(warnings.join()).toContain(forbidden);
    },
  );
});

describe('AU-07 a client certificate', () => {
  const client = { certificate: cert, key };

  it('is shown to the registry, not where a redirect with method and body (307) leads', async () => {
    const shown: string[] = [];
    const open = (options: TransportOptions) => (request: ReturnType<typeof get>) => {
      shown.push(`${request.url.host} ${options.clientCert === undefined ? 'without' : 'with'}`);
      const isHome = request.url.host === host;
      return Promise.resolve(isHome ? answer(307, { location: 'https://cdn.test/blob' }) : answer(200));
    };
    const transport = identifiedTransport(open, [host], { ca: [], client });
    const send = followRedirects({
      home: transport,
      away: transport,
      resolve: () => Promise.resolve(['192.0.2.1']),
    });
    expect((await send(get(`https://${host}/v2/`))).status).toBe(200);
    expect(shown).toEqual([`${host} with`, 'cdn.test without']);
  });
});
