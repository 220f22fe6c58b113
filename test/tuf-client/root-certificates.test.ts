// Root certificates: whose name, which key, when, and in which text (RT-06 to RT-11).
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { makeGun } from '../../src/base/reference.ts';
import { canonicalKeyId, nameCovers, readRootCertificate } from '../../src/tuf-client/crypto/index.ts';
import { firstCertificate } from '../../src/tuf-client/crypto/key-material.ts';
import { listedAs, oddPem, type OddCertificate } from '../support/notary/odd-certificate.ts';
import { dayMs, makeRootKey, makeSigner, TestClock } from '../support/notary-simulator.ts';
import { expectRefusal, gun, makeRig } from './support.ts';

const signer = makeSigner();
const now = new TestClock().time;
const plain: OddCertificate = { names: [gun], notBefore: now - dayMs, notAfter: now + dayMs };
const pem = (changes: Partial<OddCertificate> = {}): string => oddPem(signer, { ...plain, ...changes });

/** A repository whose root key wears this text. */
async function rigWith(text: string, type?: string) {
  const rig = makeRig();
  await rig.server.repository(gun, { keys: { root: [listedAs(text, signer, type)] } });
  return rig;
}

describe('the odd certificates of these tests', () => {
  test('are acceptable without an oddity', async () => {
    const rig = await rigWith(pem());
    await expect(rig.client.update(gun)).resolves.toMatchObject({ firstContact: true });
  });
});

describe('RT-06: the common name must be the GUN', () => {
  test.each([
    ['of another repository', ['registry.test:5000/team/other']],
    ['empty', ['']],
    ['in another case', [gun.toUpperCase()]],
    ['with a trailing dot', [`${gun}.`]],
    ['with a trailing slash', [`${gun}/`]],
    ['with a look-alike letter', [gun.replace('a', '\u0430')]],
    ['cut off by a NUL byte', [`${gun}\0.evil.test`]],
    ['twice, the right one first', [gun, 'registry.test:5000/team/other']],
    ['twice, the right one last', ['registry.test:5000/team/other', gun]],
    ['twice the same', [gun, gun]],
    ['missing', []],
  ])('%s', async (_what, names) => {
    await expectRefusal(await rigWith(pem({ names })), 'CERTIFICATE_NAME');
  });

  test('one of another repository beside a good one is passed over', async () => {
    const stranger = makeSigner();
    const text = oddPem(stranger, { ...plain, names: ['registry.test:5000/team/other'] });
    const rig = makeRig();
    await rig.server.repository(gun, { keys: { root: [listedAs(pem(), signer), listedAs(text, stranger)] } });
    await expect(rig.client.update(gun)).resolves.toMatchObject({ firstContact: true });
  });
});

describe('RT-07: wildcards end at a slash', () => {
  test.each([
    ['registry.test:5000/team/*', true],
    ['registry.test:5000/*', true],
    ['registry.test:5000/team*', false],
    ['registry.test:5000/te*', false],
    ['registry.test:5000/other/*', false],
    ['registry.test:5000/team/app/*', false],
    ['registry.test:*', false],
    ['*', false],
    ['**', false],
    ['/*', false],
    ['*/*', false],
    ['', false],
  ])('%s', (name, covers) => {
    expect(nameCovers(name, gun)).toBe(covers);
  });

  test('team/* does not speak for team-evil/x', () => {
    expect(nameCovers('registry.test/team/*', makeGun('registry.test', 'team-evil/x'))).toBe(false);
  });
});

describe('RT-08: the life time of the certificate', () => {
  const hour = dayMs / 24;
  test.each([
    ['expired a second ago', { notAfter: now - 1000 }],
    ['expires now', { notAfter: now }],
    ['begins in 25 hours', { notBefore: now + 25 * hour, notAfter: now + 9 * dayMs }],
    ['began and ended long ago', { notBefore: 0, notAfter: 1000 }],
  ])('%s: refused as a certificate, not as metadata', async (_what, life) => {
    await expectRefusal(await rigWith(pem(life)), 'CERTIFICATE_EXPIRED', { gun });
  });

  test.each([
    ['begins in 23 hours', { notBefore: now + 23 * hour }],
    ['begins in a day', { notBefore: now + dayMs }],
    ['expires in a second', { notAfter: now + 1000 }],
  ])('%s: accepted', async (_what, life) => {
    await expect((await rigWith(pem(life))).client.update(gun)).resolves.toBeDefined();
  });

  test('ends when it begins: a certificate all the same', async () => {
    const value = Buffer.from(pem({ notBefore: now, notAfter: now }));
    expect(await readRootCertificate({ type: 'ecdsa-x509', value })).toMatchObject({ notAfter: now });
  });

  test('ends before it begins', async () => {
    const text = pem({ notBefore: now + 1000, notAfter: now - 1000 });
    await expectRefusal(await rigWith(text), 'CERTIFICATE_REFUSED');
  });
});

describe('RT-09: certificate and metadata expire apart', () => {
  test('valid certificate, expired root', async () => {
    const rig = makeRig();
    const repository = await rig.server.repository(gun);
    repository.base.root.expires = now;
    repository.publishRoot().publishSnapshot();
    await expectRefusal(rig, 'EXPIRED', { role: 'root' });
  });
});

describe('RT-10: keys and algorithms', () => {
  const spkiOf = (pair: { publicKey: { export(o: object): unknown } }): Uint8Array =>
    new Uint8Array(pair.publicKey.export({ type: 'spki', format: 'der' }) as Buffer);
  const ec = (namedCurve: string): Uint8Array => spkiOf(generateKeyPairSync('ec', { namedCurve }));

  test.each([
    ['SHA-1 with ECDSA', { algorithm: '1.2.840.10045.4.1' }],
    ['SHA-1 with RSA', { algorithm: '1.2.840.113549.1.1.5' }],
    ['MD5 with RSA', { algorithm: '1.2.840.113549.1.1.4' }],
    ['P-224', { spki: ec('secp224r1') }],
    ['secp256k1', { spki: ec('secp256k1') }],
    ['Ed25519', { spki: spkiOf(generateKeyPairSync('ed25519')) }],
    ['RSA under the type of ECDSA', { spki: spkiOf(generateKeyPairSync('rsa', { modulusLength: 2048 })) }],
  ])('%s', async (_what, changes) => {
    await expectRefusal(await rigWith(pem(changes)), 'CERTIFICATE_REFUSED');
  });

  test('RSA of 1024 bits', async () => {
    const spki = spkiOf(generateKeyPairSync('rsa', { modulusLength: 1024 }));
    await expectRefusal(await rigWith(pem({ spki }), 'rsa-x509'), 'CERTIFICATE_REFUSED');
  });

  test.each(['p256', 'p384', 'p521', 'rsa'] as const)('%s is accepted', async (kind) => {
    const rig = makeRig();
    await rig.server.repository(gun, { keys: { root: [await makeRootKey(gun, now, makeSigner(kind))] } });
    await expect(rig.client.update(gun)).resolves.toMatchObject({ firstContact: true });
  });

  test('a bare key cannot be a root key', async () => {
    const rig = makeRig();
    const { publicKey, keyId } = signer;
    await rig.server.repository(gun, { keys: { root: [{ id: keyId, key: publicKey, signer }] } });
    await expectRefusal(rig, 'CERTIFICATE_REFUSED', { keyId });
  });
});

describe('RT-11: the text must be what Go writes', () => {
  const leaf = pem();
  const authority = pem({ ca: true });
  test.each([
    ['two leaves', leaf + leaf],
    ['the authority first', authority + leaf],
    ['only an authority', authority],
    ['nothing', ''],
    ['500 authorities', leaf + authority.repeat(500)],
    ['text between the blocks', `${leaf}garbage\n${authority}`],
    ['text in front', `Bag Attributes\n${leaf}`],
    ['PEM headers', leaf.replace('-----\n', '-----\nProc-Type: 4,ENCRYPTED\n\n')],
    ['CRLF', leaf.replaceAll('\n', '\r\n')],
    ['a NUL byte at the end', `${leaf}\0`],
    ['no newline at the end', leaf.slice(0, -1)],
    ['lines of another length', leaf.replace(/\n(.{64})\n(.{64})\n/, '\n$1$2\n')],
    ['bytes behind the certificate', leaf.replace(/=*\n-----END/, 'AAAA\n-----END')],
    ['no certificate inside', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
    ['base64 that is none', '-----BEGIN CERTIFICATE-----\n====\n-----END CERTIFICATE-----\n'],
    ['not UTF-8 text', '\ufffe'],
  ])('%s', async (_what, text) => {
    await expectRefusal(await rigWith(text), 'CERTIFICATE_REFUSED');
  });

  test('a leaf and its authorities', async () => {
    const rig = await rigWith(leaf + authority + authority);
    await expect(rig.client.update(gun)).resolves.toMatchObject({ firstContact: true });
  });

  test('a text without a certificate has neither a key nor an id of one', () => {
    const key = { type: 'ecdsa-x509', value: Buffer.from('none') };
    expect(() => firstCertificate(key.value)).toThrow('no certificate');
    expect(canonicalKeyId(key)).toBeUndefined();
  });

  test.each(['', 'no certificate'])('"%s" is told as what it is', async (text) => {
    const answer = await readRootCertificate({ type: 'ecdsa-x509', value: Buffer.from(text) });
    expect(answer).toBe('it holds no certificate');
  });

  test('no changed bit makes the reader fail in another way than with an answer', async () => {
    const der = Buffer.from(leaf.replace(/-----[A-Z ]+-----|\n/g, ''), 'base64');
    for (let at = 0; at < der.byteLength; at++)
      for (const flip of [0x01, 0x80]) {
        const changed = Buffer.from(der);
        changed[at] = (changed[at] ?? 0) ^ flip;
        const text = `-----BEGIN CERTIFICATE-----\n${(changed.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE-----\n`;
        const answer = await readRootCertificate({ type: 'ecdsa-x509', value: Buffer.from(text) });
        expect(['string', 'object']).toContain(typeof answer);
      }
  });
});
