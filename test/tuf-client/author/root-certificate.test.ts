// The certificate around a root key, judged by Notary's rules (dialect 4.4), by Node's reader and by OpenSSL.
import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { isDctError } from '../../../src/base/errors.ts';
import { makeGun, type Gun } from '../../../src/base/reference.ts';
import { certifyRootKey } from '../../../src/tuf-client/author/root-certificate.ts';
import { canonicalKeyId, readRootCertificate } from '../../../src/tuf-client/crypto/index.ts';
import { dayMs, makeSigner } from '../../support/notary-simulator.ts';

const gun = makeGun('registry.test:5000', 'team/app');
const now = Date.UTC(2030, 0, 1, 12, 0, 0, 987);

const pemOf = async (name: Gun = gun, at = now, signer = makeSigner()): Promise<string> =>
  Buffer.from((await certifyRootKey(signer, name, at)).value).toString();

describe.each(['p256', 'p384', 'p521', 'rsa'] as const)('around a %s key', (kind) => {
  test('is the key, signed by itself, with a usable chain', async () => {
    const signer = makeSigner(kind);
    const key = await certifyRootKey(signer, gun, now);
    expect(key.type).toBe(kind === 'rsa' ? 'rsa-x509' : 'ecdsa-x509');
    expect(canonicalKeyId(key)).toBe(signer.keyId);
    expect(await readRootCertificate(key)).toEqual({
      commonName: gun,
      notBefore: Math.floor(now / 1000) * 1000,
      notAfter: Math.floor(now / 1000) * 1000 + 3650 * dayMs,
    });
    const certificate = new X509Certificate(Buffer.from(key.value));
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.subject).toBe(`CN=${gun}`);
    expect(certificate.issuer).toBe(certificate.subject);
    expect(certificate.ca).toBe(false);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.3']);
  });
});

test('r and s of every size are written in their shortest form', async () => {
  // One in 128 signatures has an r or s with a leading zero byte; some of these have one.
  const signer = makeSigner();
  for (let i = 0; i < 40; i++) {
    const certificate = new X509Certificate(await pemOf(gun, now, signer));
    expect(certificate.verify(certificate.publicKey)).toBe(true);
  }
});

test('serial numbers are positive, long and new every time', async () => {
  const signer = makeSigner();
  const serials = await Promise.all(
    Array.from({ length: 8 }, async () => new X509Certificate(await pemOf(gun, now, signer)).serialNumber),
  );
  expect(new Set(serials).size).toBe(8);
  for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
});

test.each([
  ['of 200 characters', makeGun('registry.test:5000', 'a'.repeat(181))],
  ['with _, which is not printable in ASN.1', makeGun('registry.test:5000', 'a_b/c__d')],
  ['of an IPv6 registry', makeGun('[::1]:5000', 'x')],
])('a GUN %s is the whole common name', async (_, name) => {
  const key = await certifyRootKey(makeSigner(), name, now);
  expect(await readRootCertificate(key)).toMatchObject({ commonName: name });
});

test('beyond 2049, times change their form (RFC 5280 4.1.2.5)', async () => {
  const { validFrom, validTo } = new X509Certificate(await pemOf(gun, Date.UTC(2045, 0, 1)));
  expect([validFrom, validTo].map((text) => new Date(text).getUTCFullYear())).toEqual([2045, 2054]);
});

test('Ed25519 keys are refused', async () => {
  const error: unknown = await pemOf(gun, now, makeSigner('ed25519')).catch((reason: unknown) => reason);
  expect(isDctError(error, 'KEY_REFUSED')).toBe(true);
});

test.skipIf(spawnSync('openssl', ['version']).status !== 0)('OpenSSL reads the same', async () => {
  const pem = await pemOf(makeGun('registry.test:5000', 'a_b'));
  const text = execFileSync('openssl', ['x509', '-noout', '-text'], { input: pem }).toString();
  expect(text).toMatch(/Version: 3 \(0x2\)/);
  expect(text).toMatch(/Signature Algorithm: ecdsa-with-SHA256/);
  expect(text).toMatch(/Not Before: Jan {2}1 12:00:00 2030 GMT/);
  expect(text).toMatch(/X509v3 Key Usage: critical\s+Digital Signature, Key Encipherment\n/);
  expect(text).toMatch(/X509v3 Extended Key Usage: *\n\s+Code Signing\n/);
  expect(text).toMatch(/X509v3 Basic Constraints: critical\s+CA:FALSE\n/);
  expect(execFileSync('openssl', ['x509'], { input: pem }).toString()).toBe(pem);
});
