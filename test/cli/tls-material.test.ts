// Certificates for the Notary server, in the directory where Docker keeps them.
import { expect, it } from 'vitest';
import { readTlsMaterial } from '../../src/cli/tls-material.ts';
import { fakeIo } from './support.ts';

const server = new URL('https://notary.test:4443/path');
const directory = '/docker/tls/notary.test:4443';
const pem = (name: string): string => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;

function read(names: readonly string[], named?: string) {
  const files = Object.fromEntries(
    [...names.map((name) => `${directory}/${name}`), ...(named ? [named] : [])].map((path) => [
      path,
      pem(path),
    ]),
  );
  return readTlsMaterial(fakeIo({ files }).files, '/docker', server, named);
}

it.each([
  { names: [], ca: [], client: false },
  { names: ['ca.crt', 'other.crt', 'README'], ca: ['ca.crt', 'other.crt'], client: false },
  { names: ['client.cert', 'client.key'], ca: [], client: true },
  { names: ['ca.crt', 'client.cert', 'client.key'], ca: ['ca.crt'], client: true },
])('$names', async ({ names, ca, client }) => {
  const material = await read(names);
  expect(material.ca).toEqual(ca.map((name) => pem(`${directory}/${name}`)));
  expect(material.client).toEqual(
    client
      ? { certificate: pem(`${directory}/client.cert`), key: pem(`${directory}/client.key`) }
      : undefined,
  );
});

it('a file that was named comes on top', async () => {
  const { ca } = await read(['ca.crt'], '/project/named.pem');
  expect(ca).toEqual([pem(`${directory}/ca.crt`), pem('/project/named.pem')]);
});

it.each([
  { names: ['client.cert'], says: /client\.key is missing.*\.crt/ },
  { names: ['client.key'], says: /client\.cert is missing/ },
  { names: ['a.cert', 'b.key'], says: /a\.key is missing/ },
  { names: ['a.cert', 'a.key', 'b.cert', 'b.key'], says: /more than one client certificate/ },
])('half a pair or two pairs are not guessed about: $names', async ({ names, says }) => {
  await expect(read(names)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(says) as string,
  });
});

it('what is not PEM is refused, and what is not there too', async () => {
  const { files } = fakeIo({
    files: { '/project/ca.der': new Uint8Array([0x30, 0x82]), '/project/notes': 'hello' },
  });
  for (const [name, code] of [
    ['/project/ca.der', 'CONFIG_INVALID'],
    ['/project/notes', 'CONFIG_INVALID'],
    ['/project/none', 'DISK'],
  ]) {
    await expect(readTlsMaterial(files, '/docker', server, name)).rejects.toMatchObject({ code });
  }
});
