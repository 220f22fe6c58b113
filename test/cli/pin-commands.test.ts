// `dct pin`: what is written, what is refused before anything is written, and what is shown.
import { describe, expect, it } from 'vitest';
import { makeGun } from '../../src/base/reference.ts';
import { chainPem } from '../support/notary/chain-certificate.ts';
import { listedAs, oddPem, unknownKind } from '../support/notary/odd-certificate.ts';
import { dayMs, makeRootKey, makeSigner, TestClock } from '../support/notary-simulator.ts';
import { pinRig, publicPem } from './pin-rig.ts';
import { errorOf } from './support.ts';

const gun = makeGun('registry.test', 'team/app');
const [a, b, c] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];
const now = new TestClock().time;
const life = { notBefore: now - dayMs, notAfter: now + dayMs };

describe('dct pin add', () => {
  it('makes the configuration, then adds to it, and says what is new', async () => {
    const rig = await pinRig();
    expect(await rig.dct(['pin', 'add', gun, a])).toEqual({
      code: 0,
      stdout: `pinned root key ${a} for ${gun}\n`,
      stderr: '',
    });
    const { stdout } = await rig.dct(['pin', 'add', gun, a, b, b.toUpperCase(), '--json']);
    expect(JSON.parse(stdout)).toEqual({
      pattern: gun,
      added: [{ kind: 'key', id: b, file: null }],
      removed: [],
    });
    expect(await rig.configured()).toEqual({ pins: { [gun]: [a, b] } });
    expect((await rig.dct(['pin', 'add', gun, a])).stderr).toContain('already');
  });

  it.each([
    ['alpine', 'docker.io/library/alpine'],
    ['team/*', 'docker.io/team/*'],
    ['docker.io/*', 'docker.io/*'],
    ['registry.test/*', 'registry.test/*'],
    ['localhost:5000/a/*', 'localhost:5000/a/*'],
  ])('%s is written in full', async (text, pattern) => {
    const rig = await pinRig();
    await rig.dct(['pin', 'add', text, a]);
    expect(await rig.configured()).toEqual({ pins: { [pattern]: [a] } });
  });

  it.each([
    ['a tag', ['alpine:3', a], 'USAGE'],
    ['a wildcard within a name', ['registry.test/team*', a], 'REFERENCE_INVALID'],
    ['a wildcard alone', ['*', a], 'REFERENCE_INVALID'],
    ['a wildcard in the middle', ['registry.test/*/b', a], 'REFERENCE_INVALID'],
    ['neither id nor file', [gun, 'abc'], 'USAGE'],
    ['an empty file', [gun, 'empty.pem'], 'KEY_REFUSED'],
    ['a private key', [gun, 'private.pem'], 'KEY_REFUSED'],
    ['an Ed25519 key, which no root has', [gun, 'ed25519.pem'], 'KEY_REFUSED'],
    ['two leaves', [gun, 'leaves.pem'], 'KEY_REFUSED'],
    ['a certificate that is none', [gun, 'broken.pem'], 'KEY_REFUSED'],
    ['a certificate whose key cannot be read', [gun, 'odd.pem'], 'KEY_REFUSED'],
    ['an authority with name constraints', [gun, 'limited.pem'], 'KEY_REFUSED'],
  ])('%s is refused, and nothing is written', async (_what, args, code) => {
    const rig = await pinRig();
    const [key, ed25519] = [makeSigner(), makeSigner('ed25519')];
    const leaf = chainPem(key, { subject: gun, ...life });
    const others = [{ id: '2.5.29.30', critical: true }];
    await rig.write('empty.pem', '');
    await rig.write('private.pem', key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    await rig.write('ed25519.pem', publicPem(ed25519.privateKey.export({ type: 'pkcs8', format: 'pem' })));
    await rig.write('leaves.pem', leaf + leaf);
    await rig.write('broken.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    await rig.write('odd.pem', oddPem(key, { names: [gun], ...life, spki: unknownKind(key) }));
    await rig.write('limited.pem', chainPem(key, { subject: 'CA', ca: true, others, ...life }));
    const outcome = await rig.dct(['pin', 'add', ...args, '--json']);
    expect(errorOf(outcome)).toMatchObject({ code });
    expect(outcome.code).toBe(code === 'KEY_REFUSED' ? 6 : 2);
    expect(await rig.configured()).toBeUndefined();
  });

  it('takes a public key by its canonical id, a root certificate by its own', async () => {
    const rig = await pinRig();
    const root = await makeRootKey(gun);
    await rig.write('root.pub', publicPem(root.signer.privateKey.export({ type: 'pkcs8', format: 'pem' })));
    await rig.write(
      'root.crt',
      `Subject: me\n${Buffer.from(root.key.value).toString()}`.replaceAll('\n', '\r\n'),
    );
    await rig.dct(['pin', 'add', gun, 'root.pub', 'root.crt']);
    expect(await rig.configured()).toEqual({ pins: { [gun]: [root.signer.keyId, root.id] } });
  });

  it('takes an authority by its file, and heeds it', async () => {
    const rig = await pinRig();
    const [ca, key] = [makeSigner(), makeSigner()];
    await rig.write('tls/ca.pem', chainPem(ca, { subject: 'Corp CA', ca: true, ...life }));
    await rig.dct(['pin', 'add', 'registry.test/*', 'tls/ca.pem']);
    expect(await rig.configured()).toEqual({
      pins: { 'registry.test/*': [{ ca: `${rig.home}/tls/ca.pem` }] },
    });
    const issuer = { subject: 'Corp CA', signer: ca };
    const listed = listedAs(chainPem(key, { subject: gun, issuer, ...life }), key);
    await rig.server.repository(gun, { keys: { root: [listed] } });
    expect((await rig.dct(['verify', gun])).stdout).toContain('because it was pinned');
    const other = makeGun('registry.test', 'other');
    await rig.server.repository(other);
    expect(errorOf(await rig.dct(['verify', other, '--json']))).toMatchObject({
      code: 'PIN_MISMATCH',
      facts: { pin: 'authority CN=Corp CA' },
    });
  });

  it('what contradicts a trusted repository is refused before it is written, unless it is forced', async () => {
    const rig = await pinRig();
    const repository = await rig.server.repository(gun);
    const offered = repository.base.root.keys[0]?.id ?? '';
    await rig.dct(['verify', gun]);
    for (const pattern of [gun, 'registry.test/team/*', 'registry.test/*']) {
      const outcome = await rig.dct(['pin', 'add', pattern, a, '--json']);
      expect(outcome.code).toBe(3);
      expect(errorOf(outcome)).toMatchObject({ code: 'PIN_MISMATCH', facts: { gun, offered, pin: a } });
      expect(await rig.configured()).toBeUndefined();
    }
    expect((await rig.dct(['pin', 'add', 'registry.test/team/app/*', a])).code, 'another name').toBe(0);
    expect((await rig.dct(['pin', 'add', gun, a, '--force'])).code).toBe(0);
    const refused = await rig.dct(['verify', gun, '--json']);
    expect(errorOf(refused).code, 'pins count although the root is trusted already').toBe('PIN_MISMATCH');

    const [, way] = /(dct pin add \S+ \S+ --force)/.exec(errorOf(refused).next) ?? [];
    expect((await rig.dct((way ?? '').split(' ').slice(1))).code, 'the way out').toBe(0);
    expect((await rig.dct(['verify', gun])).code).toBe(0);
  });

  it('Docker may have trusted what has too long a name for dct', async () => {
    const rig = await pinRig();
    await rig.write(
      `.docker/trust/tuf/registry.test/${'a'.repeat(120)}/${'b'.repeat(125)}/metadata/root.json`,
      '{}',
    );
    expect((await rig.dct(['pin', 'add', 'registry.test/*', a])).code).toBe(0);
  });

  it('an exact pin lets a wider one contradict', async () => {
    const rig = await pinRig();
    const repository = await rig.server.repository(gun);
    await rig.dct(['verify', gun]);
    expect((await rig.dct(['pin', 'add', gun, repository.base.root.keys[0]?.id ?? ''])).code).toBe(0);
    expect((await rig.dct(['pin', 'add', 'registry.test/*', a])).code).toBe(0);
    expect((await rig.dct(['verify', gun])).code).toBe(0);
  });
});

describe('dct pin IMAGE', () => {
  it('pins the keys that are trusted now, when the answer is yes', async () => {
    const rig = await pinRig();
    const repository = await rig.server.repository(gun);
    const [root] = repository.base.root.keys;
    const declined = await rig.dct(['pin', gun, '--json'], { ask: () => Promise.resolve('n') });
    expect({ code: declined.code, config: await rig.configured() }).toEqual({ code: 9, config: undefined });
    const outcome = await rig.dct(['pin', gun], { ask: () => Promise.resolve('y') });
    expect(outcome).toMatchObject({
      code: 0,
      stdout: `pinned root key ${root?.signer.keyId ?? ''} for ${gun}\n`,
    });
    expect(await rig.configured()).toEqual({ pins: { [gun]: [root?.signer.keyId] } });
    expect((await rig.dct(['pin', gun])).stderr, 'nothing to ask').toContain('already');
  });

  it('without a terminal -y is needed', async () => {
    const rig = await pinRig();
    await rig.server.repository(gun);
    expect((await rig.dct(['pin', gun])).code).toBe(9);
    expect((await rig.dct(['pin', gun, '-y'])).code).toBe(0);
  });

  it('a renewed certificate of the key stays trusted, another key does not', async () => {
    const rig = await pinRig();
    const key = makeSigner();
    const repository = await rig.server.repository(gun, {
      keys: { root: [await makeRootKey(gun, now, key)] },
    });
    await rig.dct(['pin', gun, '-y']);
    repository.rotateRoot([await makeRootKey(gun, now + 1000, key)]).publishSnapshot();
    expect((await rig.dct(['verify', gun])).code).toBe(0);
    repository.rotateRoot([await makeRootKey(gun)]).publishSnapshot();
    expect(errorOf(await rig.dct(['verify', gun, '--json'])).code).toBe('PIN_MISMATCH');
  });

  it('RT-04: keys that a wider pin does not vouch for are not pinned with the others', async () => {
    const rig = await pinRig();
    const [pinned, foreign] = [await makeRootKey(gun), await makeRootKey(gun)];
    await rig.server.repository(gun, { keys: { root: [pinned, foreign] } });
    await rig.configure({ pins: { 'registry.test/*': [pinned.id] } });
    await rig.dct(['pin', gun, '-y']);
    expect(await rig.configured()).toMatchObject({ pins: { [gun]: [pinned.signer.keyId] } });
  });

  it('pins nothing that was not verified', async () => {
    const rig = await pinRig();
    expect((await rig.dct(['pin', gun, '-y'])).code).toBe(3);
    expect(await rig.configured()).toBeUndefined();
  });
});

describe('dct pin remove', () => {
  const config = { pins: { [gun]: [a, b, { ca: 'gone.pem' }], 'registry.test/*': [c] } };
  it.each([
    ['one id', [gun, a], { [gun]: [b, { ca: 'gone.pem' }], 'registry.test/*': [c] }],
    ['a file that is gone', [gun, '.config/dct/gone.pem'], { [gun]: [a, b], 'registry.test/*': [c] }],
    ['all', [gun], { 'registry.test/*': [c] }],
    ['the last one', ['registry.test/*', c], { [gun]: [a, b, { ca: 'gone.pem' }] }],
  ])('%s', async (_what, args, pins) => {
    const rig = await pinRig();
    await rig.configure(config);
    expect((await rig.dct(['pin', 'remove', ...args])).code).toBe(0);
    expect(await rig.configured()).toEqual({ pins });
  });

  it('a public key by its id or its file', async () => {
    for (const by of ['id', 'file'] as const) {
      const rig = await pinRig();
      const signer = makeSigner();
      await rig.write(
        '.config/dct/root.pub',
        publicPem(signer.privateKey.export({ type: 'pkcs8', format: 'pem' })),
      );
      await rig.configure({ pins: { [gun]: [a, { key: 'root.pub' }] } });
      const name = by === 'id' ? signer.keyId : '.config/dct/root.pub';
      const { stdout } = await rig.dct(['pin', 'remove', gun, name]);
      expect(stdout).toContain('.config/dct/root.pub');
      expect(await rig.configured()).toEqual({ pins: { [gun]: [a] } });
    }
  });

  it.each([
    ['an id that is not pinned', [gun, c]],
    ['one id that is, and one that is not', [gun, a, c]],
    ['a pattern without pins', ['registry.test/team/*']],
  ])('%s is an error, and nothing is written', async (_what, args) => {
    const rig = await pinRig();
    await rig.configure(config);
    const outcome = await rig.dct(['pin', 'remove', ...args, '--json']);
    expect(errorOf(outcome)).toMatchObject({ code: 'USAGE' });
    expect(await rig.configured()).toEqual(config);
  });
});
