// With which root key and certificate a repository begins (F-003, F-004, P-30): chosen, or refused before anything is published.
import { expect, test } from 'vitest';
import type { DctError } from '../../../src/base/errors.ts';
import { prepareChange, readCertificateFile, type RootChoice } from '../../../src/tuf-client/author/index.ts';
import { canonicalKeyId } from '../../../src/tuf-client/crypto/index.ts';
import { utf8 } from '../../../src/base/bytes.ts';
import { codeOfRejection } from '../../support/code-of.ts';
import { chainPem, type ChainCertificateOptions } from '../../support/notary/chain-certificate.ts';
import { oddPem, unknownKind } from '../../support/notary/odd-certificate.ts';
import { dayMs, makeKeys, makeSigner, type TestSigner } from '../../support/notary-simulator.ts';
import { gun } from '../support.ts';
import { makeAuthorRig, type AuthorRig } from './support.ts';

/** Somebody with three root keys, of which they mean one that is not the first. */
function withRootKeys(): AuthorRig & { readonly meant: TestSigner } {
  const rig = makeAuthorRig();
  const [, , meant] = [makeSigner(), makeSigner(), makeSigner()]
    .map((signer) => rig.keys.add('root', signer))
    .sort((a, b) => (a.keyId < b.keyId ? -1 : 1));
  if (meant === undefined) throw new Error('three keys were made');
  return { ...rig, meant };
}

/** The key's certificate, signed by an authority whose own certificate follows. */
function certificateOf(
  rig: AuthorRig,
  signer: TestSigner,
  options: Partial<ChainCertificateOptions> = {},
): RootChoice {
  const now = rig.server.clock.time;
  const authority = { subject: 'Test Authority', signer: makeSigner() };
  const life = { notBefore: now - dayMs, notAfter: now + 1000 * dayMs };
  const leaf = chainPem(signer, { subject: gun, issuer: authority, ...life, ...options });
  const parent = chainPem(authority.signer, { ...life, subject: authority.subject, ca: true });
  return { certificate: readCertificateFile('root.pem', utf8(`${leaf}${parent}`)) };
}

async function rootKeys(rig: AuthorRig): Promise<readonly (string | undefined)[]> {
  const { root } = await rig.client.update(gun);
  return root.data.roles.root.keyIds.map((id) => {
    const key = root.data.keys.get(id);
    return key && canonicalKeyId(key);
  });
}

test('P-30: the root key that was chosen, and no other', async () => {
  const rig = withRootKeys();
  const { plan } = await rig.sign(['1.0'], { root: { key: rig.meant.keyId } });
  expect(await rootKeys(rig)).toEqual([rig.meant.keyId]);
  expect(plan).toMatchObject({ newKeys: [{ role: 'targets' }], remarks: [] });
});

test('P-30: without a choice the first is taken, as docker does it, and it is said which one', async () => {
  const rig = withRootKeys();
  const [first] = await rig.keys.rootKeys();
  const { plan } = await rig.sign();
  expect(await rootKeys(rig)).toEqual([first]);
  expect(plan.remarks).toEqual([expect.stringContaining(`of 3 root keys, ${first ?? ''} was taken`)]);
});

test('for a repository that begins with a signer, too', async () => {
  const rig = withRootKeys();
  const keys = makeKeys(1).map(({ key }) => key);
  const change = { kind: 'add-signer', name: 'alice', keys, root: { key: rig.meant.keyId } } as const;
  await (await prepareChange(rig.author, { gun, change })).publish();
  expect(await rootKeys(rig)).toEqual([rig.meant.keyId]);
});

test('F-004: a certificate of an authority, with its chain, byte for byte', async () => {
  const rig = withRootKeys();
  const root = certificateOf(rig, rig.meant);
  await rig.sign(['1.0'], { root });
  const { keys, roles } = (await rig.client.update(gun)).root.data;
  expect(keys.get(roles.root.keyIds[0] as never)).toEqual(root.certificate);
  await rig.sign(['2.0']);
  expect(rig.server.publications).toEqual([['root', 'targets'], ['targets']]);
});

test.each<readonly [string, (rig: ReturnType<typeof withRootKeys>) => RootChoice, string]>([
  ['a key that is not here', () => ({ key: makeSigner().keyId }), 'KEY_MISSING'],
  ['the certificate of a key that is not here', (rig) => certificateOf(rig, makeSigner()), 'KEY_MISSING'],
  [
    'the certificate of another key than the one that was chosen',
    (rig) => ({ ...certificateOf(rig, rig.meant), key: makeSigner().keyId }),
    'USAGE',
  ],
  ['a name that does not fit', (rig) => certificateOf(rig, rig.meant, { subject: `${gun}x` }), 'KEY_REFUSED'],
  ['a name that covers too much', (rig) => certificateOf(rig, rig.meant, { subject: '*' }), 'KEY_REFUSED'],
  [
    'a certificate that has expired',
    (rig) => certificateOf(rig, rig.meant, { notAfter: rig.server.clock.time - 1 }),
    'KEY_REFUSED',
  ],
  [
    'a certificate that is not valid yet',
    (rig) => certificateOf(rig, rig.meant, { notBefore: rig.server.clock.time + 2 * dayMs }),
    'KEY_REFUSED',
  ],
  ['that of an authority', (rig) => certificateOf(rig, rig.meant, { ca: true }), 'KEY_REFUSED'],
])('refused before anything is made: %s', async (_, choose, code) => {
  const rig = withRootKeys();
  for (const dryRun of [true, false])
    expect(await codeOfRejection(rig.prepare(['1.0'], { root: choose(rig), dryRun }))).toBe(code);
  expect([rig.keys.created, rig.server.publications]).toEqual([[], []]);
});

test('a repository that is there has its root key, and a choice is not passed over', async () => {
  const rig = withRootKeys();
  await rig.sign();
  const root = { key: rig.meant.keyId };
  expect(await codeOfRejection(rig.prepare(['2.0'], { root }))).toBe('USAGE');
  const keys = makeKeys(1).map(({ key }) => key);
  const change = { kind: 'add-signer', name: 'alice', keys, root } as const;
  expect(await codeOfRejection(prepareChange(rig.author, { gun, change }))).toBe('USAGE');
});

const odd = makeSigner();

test.each([
  ['nothing', ''],
  ['a key', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n'],
  ['what is damaged', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
  [
    'a key that cannot be read',
    oddPem(odd, { names: [gun], notBefore: 0, notAfter: dayMs, spki: unknownKind(odd) }),
  ],
  ['what is no base64', '-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n'],
])('a file that holds %s is no root certificate', (_, text) => {
  const read = (): unknown => readCertificateFile('root.pem', utf8(text));
  expect(read).toThrow(expect.objectContaining({ code: 'KEY_REFUSED' }) as DctError);
});
