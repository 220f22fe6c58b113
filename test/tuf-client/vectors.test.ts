// Files that Notary itself wrote: key ids, signatures and the id of the key inside a certificate.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fromBase64, toBase64 } from '../../src/base/bytes.ts';
import { makeGun } from '../../src/base/reference.ts';
import {
  canonicalKeyId,
  keyId,
  keyMaterial,
  nameCovers,
  readRootCertificate,
  verifySignature,
} from '../../src/tuf-client/crypto/index.ts';
import {
  parseDocument,
  readEnvelope,
  readTargets,
  readTimestamp,
  roleNames,
  serialise,
  signedMessage,
  type PublicKey,
} from '../../src/tuf-client/model/index.ts';
import { metaOf } from '../support/notary-simulator.ts';

const vector = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../vectors/notary/${name}`, import.meta.url)));
const publicKey = (type: string, base64: string): PublicKey => {
  return { type, value: fromBase64(base64) as Uint8Array };
};

const timestampKey = publicKey('ed25519', 'iG5e5WRaGE5MyNbO5xoaLugXOUQ1hZdJ6oBxRSW0Ymc=');
const delegationKey = publicKey(
  'ecdsa',
  'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE745hjyopCD/YsNmEtCMbPlA6enMUtTTiR1cZ+aaEy9Ci/e3LdP103Cyzo2XS3aW3kXlQuxYScIVLN4KtbnuM6A==',
);

test.each([
  [
    publicKey('ed25519', 'w/jQLW4q3vI+NY0sIgU/pD+9372GXmeVqcD8wi6iGYs='),
    '47b5f9b6900326837ee03fa7a9f93c000b8900eb0f8ca51ac66b14a309e6505d',
  ],
  [timestampKey, '86f6cd142bb6f985bcce2d39d6f619dba5010803ad5f341750b65e72f4e938b3'],
  [delegationKey, '03f59b3d596b9ff76be7702b84b1a4c2ca57e46a54d28a002cf73d7795a8667d'],
])('key ids of bare keys: %#', (key, id) => {
  expect(keyId(key)).toBe(id);
  expect(canonicalKeyId(key)).toBe(id);
});

test('a root key in a certificate', async () => {
  const key: PublicKey = { type: 'ecdsa-x509', value: vector('root-key.pem') };
  expect(keyId(key)).toBe('0ba355499361540af5724279132871133cbeaa301e49147ae71e98383961490b');
  expect(canonicalKeyId(key)).toBe('9aa29fe7f1a07ed6f282ad3bf2e431041859c1308a3e82bb74bdf77cb1f575c0');
  const certificate = await readRootCertificate(key);
  expect(certificate).toEqual({
    commonName: 'localhost:5000/test/trusttest',
    notBefore: Date.UTC(2026, 10, 22, 8, 28, 13),
    notAfter: Date.UTC(2036, 10, 19, 8, 28, 13),
  });
  expect(nameCovers('localhost:5000/test/trusttest', makeGun('localhost:5000', 'test/trusttest'))).toBe(true);
});

describe.each([
  ['timestamp.json', timestampKey],
  ['delegation.json', delegationKey],
] as const)('%s', (name, key) => {
  const bytes = vector(name);
  const envelope = parseDocument(name, bytes, readEnvelope);
  const [signature] = envelope.signatures;

  test('its signature verifies, and not over anything else', () => {
    const material = keyMaterial(key);
    if (material === undefined || signature === undefined) throw new Error('there is no key or no signature');
    const message = signedMessage(envelope.signed);
    expect(verifySignature(material, message, signature)).toBe(true);
    expect(verifySignature(material, Buffer.concat([message, Buffer.from(' ')]), signature)).toBe(false);
  });

  test('we would write the same bytes', () => {
    expect(Buffer.from(serialise(envelope.signed, envelope.signatures)).equals(bytes)).toBe(true);
  });
});

test('what the files say', () => {
  const timestamp = parseDocument('timestamp', vector('timestamp.json'), (json) =>
    readTimestamp(readEnvelope(json)),
  );
  expect(timestamp).toMatchObject({ version: 14, expires: { text: '2026-12-06T08:35:54.8508555Z' } });
  expect(timestamp.snapshot.length).toBe(1083);
  const file = vector('delegation.json');
  const targets = parseDocument('delegation', file, (json) =>
    readTargets(readEnvelope(json), roleNames.releases),
  );
  expect(targets.targets.get('latest')?.length).toBe(523);
  const { length, hashes } = metaOf(file);
  expect([length, toBase64(hashes.get('sha256') as Uint8Array)]).toEqual([
    431,
    'hxc6N2YYJ56HRb+rtWMOBZCGQvHG34HWxPIisti93lg=',
  ]);
});
