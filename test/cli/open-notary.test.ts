// What a Notary server is shown, and what nobody else is: the client certificate is one of the credentials (AU-01).
import { afterAll, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../src/base/ports.ts';
import type { Gun } from '../../src/base/reference.ts';
import { openNotaryDoor } from '../../src/cli/open-notary.ts';
import type { NotarySettings } from '../../src/cli/settings.ts';
import type { TransportOptions } from '../../src/http/transport.ts';
import { roleNames } from '../../src/tuf-client/index.ts';
import { answer } from '../http/support.ts';
import { testAuthority } from '../support/certificates.ts';
import { fakeIo } from './support.ts';

const authority = testAuthority();
afterAll(() => authority.close());
const { cert, key } = authority.issue('DNS:me.test');

/** Asks for one file of `gun`; the server sends us to `realm` for a token. Who was asked, and whether it was shown the certificate. */
async function asked(realm: string, settings: Partial<NotarySettings> = {}) {
  const requests: string[] = [];
  const transport = (options: TransportOptions) => (request: HttpRequest) => {
    const { url, headers } = request;
    requests.push(`${url.host} ${options.clientCert === undefined ? 'without' : 'with'} certificate`);
    if (url.href.startsWith(realm)) return Promise.resolve(answer(200, {}, '{"token":"t"}'));
    return Promise.resolve(
      headers['authorization'] === undefined
        ? answer(401, { 'www-authenticate': `Bearer realm="${realm}",service="s"` })
        : answer(404),
    );
  };
  const notary: NotarySettings = {
    name: 'registry.test',
    server: 'https://notary.test:4443',
    ca: '/ca.pem',
    client: { certificate: '/me.pem', key: '/me.key' },
    realm: undefined,
    ...settings,
  };
  const io = fakeIo({ files: { '/ca.pem': authority.ca, '/me.pem': cert, '/me.key': key } });
  const silent = (): void => undefined;
  const door = openNotaryDoor({
    io,
    settings: {
      dockerDirectory: '/docker',
      namedNotary: undefined,
      notary: () => notary,
      notaries: () => [notary],
    },
    notices: { warn: silent, info: silent, debug: silent },
    credentials: () => Promise.resolve(undefined),
    transport,
  });
  await door.prepare('registry.test');
  const store = await door.store('registry.test/app' as Gun);
  expect(
    await store.download('registry.test/app' as Gun, { role: roleNames.timestamp }, 1000),
  ).toBeUndefined();
  return requests;
}

const first = 'notary.test:4443 with certificate';

describe('a client certificate is shown', () => {
  it('to the Notary server, also when it makes the tokens', async () => {
    expect(await asked('https://notary.test:4443/token')).toEqual([first, first, first]);
  });

  it('to the token server of the configuration', async () => {
    const requests = await asked('https://login.test/token', { realm: 'login.test' });
    expect(requests).toEqual([first, 'login.test with certificate', first]);
  });

  it('not to another one that the server names', async () => {
    const requests = await asked('https://192.0.3.7/token', { server: 'https://192.0.3.1' });
    const own = '192.0.3.1 with certificate';
    expect(requests).toEqual([own, '192.0.3.7 without certificate', own]);
  });
});

it('a server whose settings are wrong is noticed before anything is asked', async () => {
  await expect(asked('https://x.test/', { ca: '/none.pem' })).rejects.toMatchObject({ code: 'DISK' });
  await expect(asked('https://x.test/', { server: 'http://plain.test' })).rejects.toMatchObject({
    code: 'SERVER_URL_INVALID',
  });
});
