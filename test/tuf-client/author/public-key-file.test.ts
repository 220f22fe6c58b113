// Public keys from files: what owners of repositories are handed, in every form that Docker takes, and nothing else.
import { createPublicKey } from 'node:crypto';
import { expect, test } from 'vitest';
import { utf8 } from '../../../src/base/bytes.ts';
import { isDctError } from '../../../src/base/errors.ts';
import { readPublicKeyFile } from '../../../src/tuf-client/author/index.ts';
import { canonicalKeyId } from '../../../src/tuf-client/crypto/index.ts';
import { oddPem, unknownKind } from '../../support/notary/odd-certificate.ts';
import { dayMs, makeRootKey, makeSigner, type TestSigner } from '../../support/notary-simulator.ts';
import { gun } from '../support.ts';

const now = Date.UTC(2030, 0, 1);
const read = (text: string | Uint8Array, time = now) =>
  readPublicKeyFile('a.pub', typeof text === 'string' ? utf8(text) : text, time);

function pemOf(signer: TestSigner): string {
  return createPublicKey(signer.privateKey).export({ type: 'spki', format: 'pem' }).toString();
}

test.each(['p256', 'p384', 'p521', 'rsa', 'ed25519'] as const)('a bare %s key', (kind) => {
  const signer = makeSigner(kind);
  expect(read(pemOf(signer))).toEqual(signer.publicKey);
});

test('with the headers that Docker writes, and with CRLF', () => {
  const signer = makeSigner();
  const text = pemOf(signer).replace('KEY-----\n', 'KEY-----\nrole: alice\n\n');
  expect(read(text)).toEqual(signer.publicKey);
  expect(read(text.replaceAll('\n', '\r\n'))).toEqual(signer.publicKey);
});

test('a certificate, whose key keeps its canonical id', async () => {
  const signer = makeSigner();
  const { key } = await makeRootKey(gun, now, signer);
  expect(read(key.value)).toEqual(key);
  expect(canonicalKeyId(read(key.value))).toBe(signer.keyId);
});

const key = makeSigner();
const withUnreadableKey = oddPem(key, {
  names: [gun],
  notBefore: now,
  notAfter: now + dayMs,
  spki: unknownKind(key),
});
const privatePem = makeSigner().privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const pem = pemOf(makeSigner());

test.each([
  ['nothing', ''],
  ['text', 'hello'],
  ['a private key', privatePem],
  ['a private key behind a public one', pem + privatePem],
  ['two keys', pem + pem],
  ['something else in PEM', pem.replaceAll('PUBLIC KEY', 'CERTIFICATE REQUEST')],
  ['bytes that are no key', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n'],
  ['no base64', '-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----\n'],
  ['bytes that are no certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
  ['a certificate whose key cannot be read', withUnreadableKey],
  ['a whole key behind half of one', pem.slice(0, 60) + pem],
  // Looked through to its end from every beginning, it would take minutes.
  ['beginnings without an end', '-----BEGIN A-----\n'.repeat(58_000)],
  ['too much', new Uint8Array(2 ** 20 + 1)],
])('refused: %s', (_, content) => {
  let error: unknown;
  try {
    read(content);
  } catch (reason) {
    error = reason;
  }
  expect(isDctError(error, 'KEY_REFUSED') && error.facts['what']).toBe('a.pub');
  expect(String(error)).not.toContain(privatePem.slice(40, 80));
});

test('refused: a certificate that has ended', async () => {
  const { key } = await makeRootKey(gun, now);
  const elevenYears = 11 * 365 * 24 * 60 * 60 * 1000;
  expect(() => read(key.value, now + elevenYears)).toThrow(
    expect.objectContaining({ code: 'KEY_REFUSED' }) as Error,
  );
});
