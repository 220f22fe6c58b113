// Signatures, keys and thresholds (SG-*): only distinct keys that belong to the role count.
import { constants, createPublicKey, createSign, generateKeyPairSync, sign as signWith } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import type { JsonValue } from '../../src/base/json.ts';
import type { KeyId } from '../../src/tuf-client/index.ts';
import { keyMaterial, verifySignature } from '../../src/tuf-client/crypto/index.ts';
import { keyId } from '../../src/tuf-client/crypto/index.ts';
import { bare, makeKeys, makeRootKey, makeSigner, wearing } from '../support/notary-simulator.ts';
import type { ListedKey, SimulatedRepository } from '../support/notary-simulator.ts';
import { certifyRootKey } from '../../src/tuf-client/author/root-certificate.ts';
import { expectRefusal, expectRefusalThenRecovery, gun, trustedRig, type Rig } from './support.ts';

let rig: Rig & { readonly repository: SimulatedRepository };
let repository: SimulatedRepository;
beforeEach(async () => {
  rig = await trustedRig();
  repository = rig.repository;
});

interface Envelope {
  signed: Record<string, JsonValue>;
  signatures: { keyid: string; method: string; sig: string }[];
}

/** Changes the envelope of the newest timestamp, whose signatures nothing else covers. */
function alterTimestamp(change: (envelope: Envelope) => object): void {
  repository.publishTimestamp();
  repository.tamper('timestamp.json', (bytes) =>
    Buffer.from(JSON.stringify(change(JSON.parse(Buffer.from(bytes).toString('utf8')) as Envelope))),
  );
}

/** Rotates the timestamp role to these keys. */
function timestampKeys(keys: readonly ListedKey[], threshold: number): void {
  Object.assign(repository.base.timestamp, { keys, threshold });
  repository.publishRoot().publishSnapshot();
}

const accepted = async (): Promise<void> => {
  await expect(rig.client.update(gun)).resolves.toBeDefined();
};

describe('SG-01, SG-09, SG-14: the list of signatures', () => {
  const rows: readonly (readonly [string, 'THRESHOLD' | 'MALFORMED', (e: Envelope) => object])[] = [
    ['missing', 'THRESHOLD', ({ signed }) => ({ signed })],
    ['null', 'THRESHOLD', (e) => ({ ...e, signatures: null })],
    ['empty', 'THRESHOLD', (e) => ({ ...e, signatures: [] })],
    ['an object', 'MALFORMED', (e) => ({ ...e, signatures: {} })],
    ['an entry that is null', 'MALFORMED', (e) => ({ ...e, signatures: [null] })],
    ['a key id in upper case', 'MALFORMED', (e) => first(e, { keyid: e.signatures[0]?.keyid.toUpperCase() })],
    ['a short key id', 'MALFORMED', (e) => first(e, { keyid: e.signatures[0]?.keyid.slice(1) })],
    ['a key id with a blank', 'MALFORMED', (e) => first(e, { keyid: ` ${e.signatures[0]?.keyid ?? ''}` })],
    ['a line break in the base64', 'MALFORMED', (e) => first(e, { sig: `${e.signatures[0]?.sig ?? ''}\n` })],
    ['no padding', 'MALFORMED', (e) => first(e, { sig: e.signatures[0]?.sig.replace(/=+$/, '') })],
    ['another alphabet', 'MALFORMED', (e) => first(e, { sig: '-_-_' })],
    ['no method', 'MALFORMED', (e) => first(e, { method: null })],
    ['method ""', 'THRESHOLD', (e) => first(e, { method: '' })],
    ['method none', 'THRESHOLD', (e) => first(e, { method: 'None' })],
    ['method constructor', 'THRESHOLD', (e) => first(e, { method: 'constructor' })],
    ['method eddsa for an ECDSA key (CVE-2015-9258)', 'THRESHOLD', (e) => first(e, { method: 'eddsa' })],
    [
      'over a control character, which every encoder writes differently (JS-09)',
      'MALFORMED',
      (e) => ({ ...e, signed: { ...e.signed, note: '\u0001' } }),
    ],
    [
      '1000 of them (ED-12)',
      'MALFORMED',
      (e) => ({ ...e, signatures: Array(1000).fill(e.signatures[0]) as object[] }),
    ],
  ];
  const first = (e: Envelope, change: object): object => ({
    ...e,
    signatures: [{ ...e.signatures[0], ...change }],
  });

  test.each(rows)('%s', async (_what, code, change) => {
    const honest = repository.saved();
    alterTimestamp(change);
    await expectRefusalThenRecovery(rig, code, honest);
  });

  test('SG-10: the method in upper case is the same method', async () => {
    alterTimestamp((e) => first(e, { method: 'ECDSA' }));
    await accepted();
  });

  test('unsigned fields beside it change nothing (JS-11)', async () => {
    alterTimestamp((e) => ({ ...e, note: 'x', signatures: e.signatures.map((s) => ({ ...s, note: 1 })) }));
    await accepted();
  });
});

describe('thresholds', () => {
  test('SG-02, SG-03: a repeated signature counts once', async () => {
    const keys = makeKeys(2) as [ListedKey, ListedKey];
    timestampKeys(keys, 2);
    await accepted();
    repository.base.timestamp.signedBy = [keys[0], keys[0]];
    repository.publishTimestamp();
    await expectRefusal(rig, 'THRESHOLD', { role: 'timestamp', needed: 2, valid: 1 });
    repository.base.timestamp.signedBy = [keys[0], keys[0], keys[1]];
    repository.publishTimestamp();
    await accepted();
  });

  test.each(['p256', 'rsa'] as const)('SG-04: one %s key under three ids counts once', async (kind) => {
    const signer = makeSigner(kind);
    const certificate = async (): Promise<ListedKey> =>
      wearing(await certifyRootKey(signer, gun, rig.server.clock.time), signer);
    const keys = [bare(signer), await certificate(), await certificate()];
    expect(new Set(keys.map(({ id }) => id)).size).toBe(3);
    timestampKeys(keys, 2);
    await expectRefusal(rig, 'THRESHOLD', { role: 'timestamp', needed: 2, valid: 1 });
    timestampKeys([...keys, ...makeKeys(1)], 2);
    await accepted();
  });

  test('SG-05: a bad signature beside a good one', async () => {
    const [a, b] = makeKeys(2) as [ListedKey, ListedKey];
    timestampKeys([a, b], 1);
    repository.base.timestamp.signedBy = [{ ...b, signer: a.signer }, a];
    repository.publishTimestamp();
    await accepted();
  });

  test('SG-06: a key of the file that does not belong to the role', async () => {
    const honest = repository.saved();
    repository.base.timestamp.signedBy = repository.base.snapshot.keys;
    repository.publishTimestamp();
    await expectRefusalThenRecovery(rig, 'THRESHOLD', honest, { role: 'timestamp', valid: 0 });
  });

  test('SG-07: signed by one key in the name of another', async () => {
    const [a, b] = makeKeys(2) as [ListedKey, ListedKey];
    timestampKeys([a, b], 1);
    repository.base.timestamp.signedBy = [{ ...a, signer: b.signer }];
    repository.publishTimestamp();
    await expectRefusal(rig, 'THRESHOLD', { role: 'timestamp', valid: 0 });
  });

  test('SG-16: more signatures needed than there are keys', async () => {
    timestampKeys(makeKeys(2), 3);
    await expectRefusal(rig, 'THRESHOLD', { needed: 3, valid: 2 });
  });

  test('SG-17: an unknown kind of key beside enough known ones', async () => {
    const signer = makeSigner();
    const key = { type: 'post-quantum', value: new Uint8Array([1, 2, 3]) };
    timestampKeys([...makeKeys(1), { id: keyId(key), key, signer }], 1);
    await accepted();
    timestampKeys([...makeKeys(1), { id: keyId(key), key, signer }], 2);
    await expectRefusal(rig, 'THRESHOLD', { valid: 1 });
  });

  test('SG-08: a key under the id of another', async () => {
    const [a, b] = makeKeys(2) as [ListedKey, ListedKey];
    timestampKeys([{ ...a, key: b.key, signer: b.signer }], 1);
    await expectRefusal(rig, 'KEY_ID_MISMATCH', { role: 'root', listed: a.id, computed: b.id });
  });

  test('SG-08: also among the keys of delegations', async () => {
    const honest = repository.saved();
    const [a, b] = makeKeys(2) as [ListedKey, ListedKey];
    repository.delegate('targets/a', [{ ...a, key: b.key }]).publish();
    await expectRefusalThenRecovery(rig, 'KEY_ID_MISMATCH', honest, { role: 'targets' });
  });

  test.each([0, -1])('SG-15: threshold %d in a delegation', async (threshold) => {
    repository.delegate('targets/a', makeKeys(1), { threshold }).publish();
    await expectRefusal(rig, 'MALFORMED');
  });

  test('SG-18: a private key among the public ones', async () => {
    repository.delegate('targets/a', makeKeys(1));
    repository.top.edit = (body) =>
      JSON.parse(JSON.stringify(body).replace('"private":null', '"private":"c2VjcmV0"')) as JsonValue;
    repository.publish();
    const error = await expectRefusal(rig, 'PRIVATE_KEY_PUBLISHED', { role: 'targets' });
    expect(`${error.message} ${error.next}`).not.toContain('c2VjcmV0');
  });

  test('SG-20: an expired certificate in a delegation is only a key', async () => {
    const old = await makeRootKey(gun, 0);
    repository.delegate('targets/releases', [old]).publish('targets', 'targets/releases');
    await accepted();
  });

  test.each(['p256', 'p384', 'p521', 'rsa', 'ed25519'] as const)('%s keys sign', async (kind) => {
    timestampKeys(makeKeys(2, kind), 2);
    await accepted();
  });
});

describe('SG-11 to SG-13, SG-19, ED-13: one signature, one key', () => {
  const message = Buffer.from('message');
  const verify = (type: string, value: Uint8Array, method: string, signature: Uint8Array): boolean => {
    const key = keyMaterial({ type, value });
    const signed = { keyId: ''.padEnd(64, '0') as KeyId, method, value: signature };
    return key !== undefined && verifySignature(key, message, signed);
  };
  const ec = makeSigner();
  const ecKey = ec.publicKey.value;
  const good = ec.signNow(message);
  const half = new Uint8Array(32);

  test.each([
    ['the good one', good, true],
    ['DER', createSign('sha256').update(message).sign(ec.privateKey), false],
    ['r = 0', Buffer.concat([half, good.subarray(32)]), false],
    ['s = 0', Buffer.concat([good.subarray(0, 32), half]), false],
    ['r and s beyond the order', Buffer.alloc(64, 0xff), false],
    ['63 bytes', good.subarray(1), false],
    ['65 bytes', Buffer.concat([Buffer.alloc(1), good]), false],
    ['nothing', new Uint8Array(), false],
  ])('ECDSA: %s', (_what, signature, verifies) => {
    expect(verify('ecdsa', ecKey, 'ecdsa', signature)).toBe(verifies);
  });

  const rsa = makeSigner('rsa');
  const pss = (saltLength: number, hash = 'sha256'): Buffer =>
    signWith(hash, message, { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
  test.each([
    ['salt of 32', pss(32), 'rsapss', true],
    ['no salt', pss(0), 'rsapss', false],
    ['salt of 20', pss(20), 'rsapss', false],
    ['the longest salt', pss(constants.RSA_PSS_SALTLEN_MAX_SIGN), 'rsapss', false],
    ['SHA-1', pss(20, 'sha1'), 'rsapss', false],
    ['PKCS 1 called PSS', signWith('sha256', message, rsa.privateKey), 'rsapss', false],
    ['PKCS 1', signWith('sha256', message, rsa.privateKey), 'rsapkcs1v15', true],
    ['PKCS 1 with SHA-1', signWith('sha1', message, rsa.privateKey), 'rsapkcs1v15', false],
    ['the method of pycrypto', pss(32), 'pycrypto-pkcs#1 pss', false],
    ['under the method of ECDSA', pss(32), 'ecdsa', false],
  ])('RSA: %s', (_what, signature, method, verifies) => {
    expect(verify('rsa', rsa.publicKey.value, method, signature)).toBe(verifies);
  });

  const ed = makeSigner('ed25519');
  const edGood = ed.signNow(message);
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const largeS = (): Uint8Array => {
    const s = BigInt(`0x${Buffer.from(edGood.slice(32)).reverse().toString('hex')}`) + order;
    return Buffer.concat([
      edGood.subarray(0, 32),
      Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse(),
    ]);
  };
  const identity = Buffer.from('01'.padEnd(64, '0'), 'hex');
  test.each([
    ['the good one', ed.publicKey.value, edGood, true],
    ['s beyond the order', ed.publicKey.value, largeS(), false],
    ['63 bytes', ed.publicKey.value, edGood.subarray(1), false],
    ['65 bytes', ed.publicKey.value, Buffer.concat([edGood, Buffer.alloc(1)]), false],
    ['a key of small order, which verifies anything', identity, Buffer.concat([identity, half]), false],
    ['a key of 31 bytes', ed.publicKey.value.subarray(1), edGood, false],
    ['a key of 33 bytes', Buffer.concat([ed.publicKey.value, Buffer.alloc(1)]), edGood, false],
  ])('Ed25519: %s', (_what, key, signature, verifies) => {
    expect(verify('ed25519', key, 'eddsa', signature)).toBe(verifies);
  });

  const pem = ec.publicKey.value;
  const spki = (pair: { publicKey: { export(o: object): unknown } }): Uint8Array =>
    new Uint8Array(pair.publicKey.export({ type: 'spki', format: 'der' }) as Buffer);
  const withExponent = (e: number): Uint8Array => {
    const hex = e.toString(16);
    const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
    const { n = '' } = rsa.privateKey.export({ format: 'jwk' });
    const key = { kty: 'RSA', n, e: bytes.toString('base64url') };
    return spki({ publicKey: createPublicKey({ key, format: 'jwk' }) });
  };
  test.each([3, 65537, 2 ** 31 - 1])('an RSA key with the exponent %d', (e) => {
    expect(keyMaterial({ type: 'rsa', value: withExponent(e) })).toBeDefined();
  });
  test.each([1, 2, 4, 65536, 2 ** 31 + 1])('ED-13: no key: RSA with the exponent %d', (e) => {
    expect(keyMaterial({ type: 'rsa', value: withExponent(e) })).toBeUndefined();
  });

  test.each([
    [
      'PEM where DER belongs',
      'ecdsa',
      Buffer.from(
        `-----BEGIN PUBLIC KEY-----\n${Buffer.from(pem).toString('base64')}\n-----END PUBLIC KEY-----\n`,
      ),
    ],
    ['bytes behind the key', 'ecdsa', Buffer.concat([ecKey, Buffer.alloc(1)])],
    ['RSA as ECDSA', 'ecdsa', rsa.publicKey.value],
    ['ECDSA as RSA', 'rsa', ecKey],
    [
      'a point that is not on the curve',
      'ecdsa',
      ecKey.map((byte, i) => (i === ecKey.length - 1 ? byte ^ 1 : byte)),
    ],
    ['secp256k1', 'ecdsa', spki(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }))],
    ['RSA of 1024 bits', 'rsa', spki(generateKeyPairSync('rsa', { modulusLength: 1024 }))],
    ['nothing', 'ecdsa', new Uint8Array()],
    ['an unknown type', 'toString', ecKey],
  ])('no key: %s', (_what, type, value) => {
    expect(keyMaterial({ type, value: new Uint8Array(value) })).toBeUndefined();
  });
});
