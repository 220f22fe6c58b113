// Pinned authorities: which chains vouch for a root key, and which do not (RT-12, RT-13, ADR 0017).
import { describe, expect, test } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { readAuthorities } from '../../src/tuf-client/trust/index.ts';
import { chainsTo } from '../../src/tuf-client/trust/pin-chain.ts';
import { chainPem, type ChainCertificateOptions } from '../support/notary/chain-certificate.ts';
import { listedAs, oddPem, unknownKind } from '../support/notary/odd-certificate.ts';
import { dayMs, makeSigner, TestClock } from '../support/notary-simulator.ts';
import { expectRefusal, gun, makeRig, type Rig } from './support.ts';

const now = new TestClock().time;
const life = { notBefore: now - dayMs, notAfter: now + 365 * dayMs };
const serverAuth = '1.3.6.1.5.5.7.3.1';
const codeSigning = '1.3.6.1.5.5.7.3.3';
const anyPurpose = '2.5.29.37.0';

const [rootCa, middleCa, lowCa] = [makeSigner(), makeSigner(), makeSigner()];
const edCa = makeSigner('ed25519');
const [leafKey, stranger] = [makeSigner(), makeSigner()];

type Changes = Partial<ChainCertificateOptions>;
const root = { subject: 'Root authority', signer: rootCa };
const middle = { subject: 'Middle authority', signer: middleCa };
const low = { subject: 'Low authority', signer: lowCa };

const authority = (changes: Changes = {}): string =>
  chainPem(rootCa, { subject: root.subject, ...life, ca: true, ...changes });
const between = (changes: Changes = {}): string =>
  chainPem(middleCa, { subject: middle.subject, issuer: root, ...life, ca: true, ...changes });
const below = (changes: Changes = {}): string =>
  chainPem(lowCa, { subject: low.subject, issuer: middle, ...life, ca: true, ...changes });
const leaf = (issuer: ChainCertificateOptions['issuer'], changes: Changes = {}): string =>
  chainPem(leafKey, { subject: gun, ...(issuer && { issuer }), ...life, ...changes });

/** A repository with a root key that wears this text, and a client that pins these authorities. */
async function rigWith(text: string, pinned: string): Promise<Rig> {
  const authorities = await readAuthorities(pinned);
  if (typeof authorities === 'string') throw new Error(authorities);
  const rig = makeRig({ firstUse: 'refuse', pins: [{ pattern: gun, keys: [], authorities }] });
  await rig.server.repository(gun, { keys: { root: [listedAs(text, leafKey)] } });
  return rig;
}

describe('a chain that leads to a pinned authority vouches for the root key', () => {
  test.each([
    ['directly', leaf(root), authority()],
    ['through another authority', leaf(middle) + between(), authority()],
    ['through two', leaf(low) + between() + below(), authority()],
    ['that is not the topmost one', leaf(middle), between()],
    ['in a bundle with others', leaf(root), between() + authority()],
    ['with text around it, and CRLF', leaf(root), `Root:\n${authority()}`.replaceAll('\n', '\r\n')],
    ['for serverAuth', leaf(root, { purposes: [codeSigning, serverAuth] }), authority()],
    ['for any purpose', leaf(root, { purposes: [anyPurpose] }), authority()],
    [
      'whose key is Ed25519',
      leaf({ subject: root.subject, signer: edCa }),
      chainPem(edCa, { subject: root.subject, ...life, ca: true }),
    ],
    [
      'within the length that it allows',
      leaf(middle) + between({ pathLength: 0 }),
      authority({ pathLength: 1 }),
    ],
    [
      'next to an unusable one of the same name',
      leaf(root),
      chainPem(stranger, { subject: root.subject, ...life, ca: true }) + authority(),
    ],
    [
      'whose old certificate has expired',
      leaf(root),
      authority({ notBefore: 0, notAfter: now - 1000 }) + authority(),
    ],
    [
      'next to an authority without any part in it',
      leaf(root) + between({ issuer: { subject: middle.subject, signer: middleCa } }),
      authority(),
    ],
  ])('%s', async (_what, text, pinned) => {
    const rig = await rigWith(text, pinned);
    await expect(rig.client.update(gun)).resolves.toMatchObject({ trustedSince: { how: 'pin' } });
  });
});

test('a text without a certificate leads nowhere', async () => {
  expect(await chainsTo([], { type: 'ecdsa-x509', value: new Uint8Array() })).toBe('it holds no certificate');
});

describe('RT-12: any other does not', () => {
  const nameConstraints = '2.5.29.30';
  const foreign = { subject: root.subject, signer: stranger };
  test.each([
    ['no authority at all', leaf(undefined), authority(), 'no pinned authority'],
    ['another authority of the same name', leaf(foreign), authority(), 'is not valid'],
    ['a signature that is not valid', leaf(root, { forged: true }), authority(), 'is not valid'],
    ['an authority on the way that is missing', leaf(middle), authority(), 'no pinned authority'],
    [
      'one that nobody made an authority',
      leaf({ subject: gun, signer: stranger }) + between(),
      authority(),
      'no pinned',
    ],
    [
      'more authorities than allowed',
      leaf(middle) + between(),
      authority({ pathLength: 0 }),
      'does not allow 1 authorities',
    ],
    [
      'more than one on the way allows',
      leaf(low) + between({ pathLength: 0 }) + below(),
      authority(),
      'does not allow 1 authorities',
    ],
    [
      'a leaf for code signing, as Notary makes them',
      leaf(root, { purposes: [codeSigning] }),
      authority(),
      'extended key usage',
    ],
    [
      'an authority for code signing only',
      leaf(middle) + between({ purposes: [codeSigning] }),
      authority(),
      'extended key usage',
    ],
    [
      'a pinned authority for code signing only',
      leaf(root),
      authority({ purposes: [codeSigning] }),
      'extended',
    ],
    [
      'an authority with name constraints',
      leaf(middle) + between({ others: [{ id: nameConstraints, critical: false }] }),
      authority(),
      'no pinned authority',
    ],
    [
      'an authority that is limited in an unknown way',
      leaf(middle) + between({ others: [{ id: '1.2.3.4', critical: true }] }),
      authority(),
      'no pinned authority',
    ],
    [
      'an authority whose key cannot be read',
      leaf(middle) +
        oddPem(middleCa, { names: [middle.subject], ...life, ca: true, spki: unknownKind(middleCa) }),
      authority(),
      'no pinned authority',
    ],
    [
      'a leaf that is limited in an unknown way',
      leaf(root, { others: [{ id: '1.2.3.4', critical: true }] }),
      authority(),
      '1.2.3.4',
    ],
  ])('%s', async (_what, text, pinned, problem) => {
    const error = await expectRefusal(await rigWith(text, pinned), 'PIN_MISMATCH', { gun });
    expect(error.facts['problem']).toContain(problem);
    expect(error.facts['pin']).toMatch(/^authority CN=/);
  });

  test('an extension of no importance is passed over', async () => {
    const rig = await rigWith(leaf(root, { others: [{ id: '1.2.3.4', critical: false }] }), authority());
    await expect(rig.client.update(gun)).resolves.toBeDefined();
  });

  test.each([
    ['for another repository', 'registry.test:5000/team/other'],
    ['for a prefix within a name', 'registry.test:5000/te*'],
  ])('a leaf %s, whoever issued it', async (_what, subject) => {
    await expectRefusal(await rigWith(leaf(root, { subject }), authority()), 'CERTIFICATE_NAME');
  });

  test('authorities that sign each other in countless ways are left', async () => {
    const subject = 'Everybody';
    const key = makeSigner();
    const same = { subject, signer: key };
    const ring = Array.from({ length: limits.certificatesPerKey - 1 }, () =>
      chainPem(key, { subject, issuer: same, ...life, ca: true }),
    );
    const rig = await rigWith(leaf(same) + ring.join(''), authority());
    const error = await expectRefusal(rig, 'PIN_MISMATCH');
    expect(error.facts['problem']).toContain('too many ways');
  });
});

describe('RT-12: a chain holds as long as all of its certificates', () => {
  const ended = { notBefore: 0, notAfter: now - 1000 };
  test.each([
    ['leaf', leaf(root, ended), authority(), undefined],
    ['authority on the way', leaf(middle) + between(ended), authority(), 'CN=Middle authority'],
    ['pinned authority (RT-13)', leaf(root), authority(ended), 'CN=Root authority'],
    [
      'pinned authority, not yet begun',
      leaf(root),
      authority({ notBefore: now + 2 * dayMs }),
      'CN=Root authority',
    ],
  ])('expired %s', async (_what, text, pinned, whose) => {
    const error = await expectRefusal(await rigWith(text, pinned), 'CERTIFICATE_EXPIRED', { gun });
    expect(error.facts['authority']).toBe(whose);
  });

  test('a root on the way may have expired with its authority; the last one counts (RT-22)', async () => {
    const rig = await rigWith(leaf(root, { notAfter: now + dayMs }), authority());
    const repository = rig.server.repositories.get(gun);
    await rig.client.update(gun);
    repository?.rotateRoot([listedAs(leaf(root), leafKey)]).publishSnapshot();
    rig.server.clock.advance(2 * dayMs);
    await expect(rig.client.update(gun)).resolves.toMatchObject({ root: { data: { version: 2 } } });
  });
});

describe('an authority pinned next to keys', () => {
  test.each([
    ['the authority', leaf(root), []],
    ['the key', leaf(undefined), [leafKey.keyId]],
    ['the certificate', leaf(undefined, { subject: 'registry.test:5000/*' }), undefined],
  ])('%s vouches alone', async (_what, text, ids) => {
    const authorities = await readAuthorities(authority());
    if (typeof authorities === 'string') throw new Error(authorities);
    const listed = listedAs(text, leafKey);
    const rig = makeRig({ pins: [{ pattern: gun, keys: ids ?? [listed.id], authorities }] });
    await rig.server.repository(gun, { keys: { root: [listed] } });
    await expect(rig.client.update(gun)).resolves.toMatchObject({ trustedSince: { how: 'pin' } });
  });

  test('RT-04: a key that only the other one signed for does not count', async () => {
    const rig = await rigWith(leaf(root), authority());
    const repository = rig.server.repositories.get(gun);
    if (repository === undefined) throw new Error('no repository');
    const foreign = listedAs(chainPem(stranger, { subject: gun, ...life }), stranger);
    repository.base.root.keys = [...repository.base.root.keys, foreign];
    repository.base.root.signedBy = [foreign];
    repository.publishRoot().publishSnapshot();
    await expectRefusal(rig, 'THRESHOLD', { role: 'root', needed: 1, valid: 0 });
  });
});

describe('RT-13: a file of authorities', () => {
  const odd = { names: ['Odd'], ...life, ca: true };
  test.each([
    ['is empty', '', 'no certificate'],
    ['holds something else', 'garbage', 'no certificate'],
    ['holds a broken certificate', authority().replace(/\n.{10}/, '\nAAAAAAAAAA'), 'cannot be parsed'],
    ['holds leaves only', leaf(undefined), 'not that of an authority'],
    [
      'holds authorities with SHA-1 only',
      oddPem(rootCa, { ...odd, algorithm: '1.2.840.10045.4.1' }),
      'SHA-1',
    ],
    [
      'holds authorities with keys of no known kind only',
      oddPem(rootCa, { ...odd, spki: unknownKind(rootCa) }),
      'unknown kind',
    ],
    [
      'holds authorities with name constraints only',
      authority({ others: [{ id: '2.5.29.30', critical: true }] }),
      '2.5.29.30',
    ],
  ])('that %s is no pin', async (_what, text, problem) => {
    expect(await readAuthorities(text)).toContain(problem);
  });

  test('with one usable authority is one', async () => {
    const found = await readAuthorities(leaf(undefined) + authority());
    expect(found).toMatchObject([{ name: 'CN=Root authority', notAfter: life.notAfter }]);
  });
});
