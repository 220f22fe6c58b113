// Certificates for the Notary server: those that were named, and those in the directory where Docker keeps them.
import { createPrivateKey } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { readTlsMaterial, type NamedTlsFiles } from '../../src/cli/tls-material.ts';
import { testAuthority } from '../support/certificates.ts';
import { fakeIo } from './support.ts';

const authority = testAuthority();
afterAll(() => authority.close());
const [own, other] = [authority.issue('DNS:me.test'), authority.issue('DNS:other.test')];

const directory = '/docker/tls/notary.test:4443';
const ca = (name: string): string => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;

/** With files of these contents, by absolute path, all with the permissions `mode`. */
async function material(
  contents: Readonly<Record<string, string | Uint8Array>>,
  named: NamedTlsFiles = {},
  mode = 0o600,
) {
  const warnings: string[] = [];
  const files = {
    ...fakeIo({ files: contents }).files,
    access: () => Promise.resolve({ mode, mine: true }),
  };
  const notices = { warn: (line: string) => void warnings.push(line) };
  return { ...(await readTlsMaterial({ files, notices }, [directory], named)), warnings };
}

/** The same with nothing but Docker's directory in it. */
function inDirectory(names: readonly string[], named: NamedTlsFiles = {}, more = {}) {
  const content = (name: string): string =>
    name.endsWith('.cert') ? own.cert : name.endsWith('.key') ? own.key : ca(name);
  const found = Object.fromEntries(names.map((name) => [`${directory}/${name}`, content(name)]));
  return material({ ...found, ...more }, named);
}

const shown = { certificate: own.cert, key: own.key };

describe("Docker's directory", () => {
  it.each([
    { names: [], authorities: [], client: undefined },
    { names: ['ca.crt', 'other.crt', 'README'], authorities: ['ca.crt', 'other.crt'], client: undefined },
    { names: ['client.cert', 'client.key'], authorities: [], client: shown },
    { names: ['ca.crt', 'client.cert', 'client.key'], authorities: ['ca.crt'], client: shown },
  ])('$names', async ({ names, authorities, client }) => {
    const found = await inDirectory(names);
    expect(found.ca).toEqual(authorities.map(ca));
    expect(found.client).toEqual(client);
  });

  it.each([
    { names: ['client.cert'], says: /client\.key is missing.*\.crt/ },
    { names: ['client.key'], says: /client\.cert is missing/ },
    { names: ['a.cert', 'b.key'], says: /a\.key is missing/ },
    { names: ['a.cert', 'a.key', 'b.cert', 'b.key'], says: /more than one client certificate/ },
  ])('half a pair or two pairs are not guessed about: $names', async ({ names, says }) => {
    await expect(inDirectory(names)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(says) as string,
    });
  });
});

describe('files that were named', () => {
  const client = { certificate: '/named/me.pem', key: '/named/me.key' };
  const pair = { '/named/me.pem': other.cert, '/named/me.key': other.key };

  it('an authority comes on top', async () => {
    const named = { ca: '/named/ca.pem' };
    const found = await inDirectory(['ca.crt'], named, { '/named/ca.pem': ca('named') });
    expect(found.ca).toEqual([ca('ca.crt'), ca('named')]);
  });

  it.each([[[]], [['client.cert', 'client.key']], [['a.cert', 'a.key', 'b.cert', 'b.key']]])(
    'a client certificate is shown instead of those in the directory: %j',
    async (names) => {
      const found = await inDirectory(names, { client }, pair);
      expect(found.client).toEqual({ certificate: other.cert, key: other.key });
    },
  );

  it.each([
    ['is not PEM', new Uint8Array([0x30, 0x82]), 'CONFIG_INVALID'],
    ['is something else', 'hello', 'CONFIG_INVALID'],
    ['is not there', undefined, 'DISK'],
  ])('one that %s is refused', async (_name, content, code) => {
    const contents = content === undefined ? {} : { '/named/file': content };
    for (const named of [
      { ca: '/named/file' },
      { client: { certificate: '/named/file', key: '/named/file' } },
    ])
      await expect(material(contents, named)).rejects.toMatchObject({ code });
  });
});

describe('the private key of a client certificate', () => {
  const client = { certificate: '/named/me.pem', key: '/named/me.key' };
  const withKey = (key: string, certificate = own.cert, mode?: number) =>
    material({ '/named/me.pem': certificate, '/named/me.key': key }, { client }, mode);
  const encrypted = (type: 'pkcs8' | 'sec1'): string =>
    createPrivateKey(own.key)
      .export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 'hidden' })
      .toString();

  it.each([
    ['encrypted, as PKCS #8', () => encrypted('pkcs8'), /^\/named\/me\.key: .*encrypted/],
    ['encrypted, in the old form', () => encrypted('sec1'), /^\/named\/me\.key: .*encrypted/],
    ["another certificate's", () => other.key, /does not belong to the certificate in \/named\/me\.pem/],
    ['a certificate', () => own.cert, /^\/named\/me\.key: .*cannot be read/],
    ['damaged', () => own.key.replace(/[A-Za-z]{8}/g, '!'), /^\/named\/me\.key: .*cannot be read/],
  ])('%s: refused, by its name', async (_name, key, says) => {
    await expect(withKey(key())).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(says) as string,
    });
  });

  it('in the place of the certificate: refused, by its name', async () => {
    await expect(withKey(own.key, own.key)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/^\/named\/me\.pem: .*cannot be read/) as string,
    });
  });

  // Secrets are often mounted readable for everybody in a container, so this is no reason to stop.
  it.each([
    { mode: 0o600, warns: false },
    { mode: 0o400, warns: false },
    { mode: 0o640, warns: true },
    { mode: 0o644, warns: true },
    { mode: 0o602, warns: true },
  ])('with permissions $mode: a warning is $warns', async ({ mode, warns }) => {
    const { warnings, client: found } = await withKey(own.key, own.cert, mode);
    expect(found).toEqual(shown);
    expect(warnings).toEqual(warns ? [expect.stringContaining('/named/me.key')] : []);
  });
});
