// Notary's trust_pinning as dct reads it (ADR 0017): order, patterns, and what is refused rather than passed over.
import { describe, expect, it } from 'vitest';
import { makeGun } from '../../src/base/reference.ts';
import { chainPem } from '../support/notary/chain-certificate.ts';
import { dayMs, makeSigner, TestClock } from '../support/notary-simulator.ts';
import { pinRig, type PinRig } from './pin-rig.ts';
import { errorOf } from './support.ts';

const gun = makeGun('registry.test', 'team/app');
const [a, b, c] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];
const now = new TestClock().time;
const authority = chainPem(makeSigner(), {
  subject: 'Corp CA',
  ca: true,
  notBefore: now - dayMs,
  notAfter: now + dayMs,
});

interface Shown {
  readonly firstUse: string;
  readonly pins: readonly {
    readonly pattern: string;
    readonly entries: readonly { readonly id?: string }[];
  }[];
}

async function notaryRig(pinning: unknown, config: object = {}): Promise<PinRig> {
  const rig = await pinRig();
  await rig.configure(config);
  await rig.write('.notary/config.json', JSON.stringify({ trust_dir: '~/x', trust_pinning: pinning }));
  await rig.write('.notary/ca.pem', authority);
  return rig;
}

async function shown(rig: PinRig, name: string): Promise<Shown> {
  return JSON.parse((await rig.dct(['pin', 'show', name, '--json'])).stdout) as Shown;
}

describe('which pin decides', () => {
  const ca = { 'registry.test/team': 'ca.pem' };
  it.each([
    ['the exact name', { certs: { 'registry.test/team/*': [b], [gun]: [a] } }, a],
    ['the longest prefix', { certs: { 'registry.test/*': [b], 'registry.test/team/*': [a] } }, a],
    ['certs before ca', { certs: { 'registry.test/*': [a] }, ca }, a],
    ['ca where certs says nothing', { certs: { 'registry.test/other': [a] }, ca }, undefined],
    ['ca, by its host', { ca: { 'registry.test': 'ca.pem' } }, undefined],
    ['ca, with a slash at the end', { ca: { 'registry.test/team/': 'ca.pem' } }, undefined],
    ['ca, the whole name', { ca: { [gun]: 'ca.pem' } }, undefined],
    ['Notary knows names in lower case only', { certs: { 'Registry.test/team/app': [a] } }, a],
  ])('%s', async (_what, pinning, id) => {
    const { pins } = await shown(await notaryRig(pinning), gun);
    expect(pins.map(({ entries }) => entries.map((entry) => entry.id))).toEqual([[id]]);
  });

  it.each([
    ['ca ends at a slash', { ca: { 'registry.test/te': 'ca.pem', 'registry.te': 'ca.pem' } }],
    ['another repository', { certs: { 'registry.test/team/app2': [a] } }],
    ['nothing', {}],
  ])('none: %s', async (_what, pinning) => {
    expect((await shown(await notaryRig(pinning), gun)).pins).toEqual([]);
  });

  it("dct's own pins before Notary's, however wide", async () => {
    const rig = await notaryRig({ certs: { [gun]: [b] } }, { pins: { 'registry.test/*': [c] } });
    expect((await shown(rig, gun)).pins).toMatchObject([{ entries: [{ id: c }] }]);
  });
});

describe('the file', () => {
  const certs = { [gun]: [a] };
  it('is where Notary has it, or where the configuration says, or is not read', async () => {
    const rig = await notaryRig({ certs: { [gun]: [b] } });
    expect((await shown(rig, gun)).pins).toMatchObject([{ entries: [{ id: b }] }]);
    await rig.write('.config/dct/notary.json', JSON.stringify({ trust_pinning: { certs } }));
    await rig.configure({ trustPinning: 'notary.json' });
    expect((await shown(rig, gun)).pins).toMatchObject([{ entries: [{ id: a }] }]);
    await rig.configure({ trustPinning: false });
    expect((await shown(rig, gun)).pins).toEqual([]);
  });

  it('that was named has to be there', async () => {
    const rig = await pinRig();
    await rig.configure({ trustPinning: 'notary.json' });
    expect(errorOf(await rig.dct(['verify', gun, '--json']))).toMatchObject({
      code: 'CONFIG_INVALID',
      facts: { file: rig.configFile, path: '$.trustPinning' },
    });
  });

  it('may hold other settings of Notary, and numbers that metadata may not', async () => {
    const rig = await pinRig();
    await rig.write('.notary/config.json', '{"remote_server":{"timeout":1.5}}');
    expect((await shown(rig, gun)).pins).toEqual([]);
  });
});

describe('what would pin less than it does for Notary is refused', () => {
  it.each([
    [
      'a prefix that ends within a name',
      { certs: { 'registry.test/team*': [a] } },
      '.certs.registry.test/team*',
    ],
    ['a wildcard alone', { certs: { '*': [a] } }, '.certs.*'],
    ['an empty list', { certs: { [gun]: [] } }, `.certs.${gun}`],
    ['an id in place of a list', { certs: { [gun]: a } }, `.certs.${gun}`],
    ['an id that is none', { certs: { [gun]: [a, 'abc'] } }, `.certs.${gun}[1]`],
    ['authorities for everything', { ca: { '': 'ca.pem' } }, '.ca.'],
    ['authorities with a wildcard', { ca: { 'registry.test/te*': 'ca.pem' } }, '.ca.registry.test/te*'],
    ['RT-13: a missing file', { ca: { [gun]: 'gone.pem' } }, `.ca.${gun}[0]`],
    ['RT-13: a file without authorities', { ca: { [gun]: 'config.json' } }, `.ca.${gun}[0]`],
    ['no file name', { ca: { [gun]: 7 } }, `.ca.${gun}`],
    ['a mistyped setting', { cert: {} }, '.cert'],
    ['a text as flag', { disable_tofu: 'true' }, '.disable_tofu'],
  ])('%s', async (_what, pinning, path) => {
    const rig = await notaryRig(pinning);
    const outcome = await rig.dct(['verify', gun, '--json']);
    expect(outcome.code).toBe(2);
    expect(errorOf(outcome)).toMatchObject({
      code: 'CONFIG_INVALID',
      facts: { file: `${rig.home}/.notary/config.json`, path: `$.trust_pinning${path}` },
    });
  });

  it.each([
    ['the block in capitals', '{"Trust_Pinning":{}}', '$.Trust_Pinning'],
    ['no JSON', 'trust_pinning: {}', '$'],
    ['no object', '[]', '$'],
    ['a name twice', '{"trust_pinning":{},"trust_pinning":{}}', '$'],
  ])('%s', async (_what, content, path) => {
    const rig = await pinRig();
    await rig.write('.notary/config.json', content);
    expect(errorOf(await rig.dct(['pin', 'show', '--json']))).toMatchObject({
      code: 'CONFIG_INVALID',
      facts: { path },
    });
  });
});

describe('disable_tofu', () => {
  it('RT-01: refuses a first contact, naming the pin that would accept it', async () => {
    const rig = await notaryRig({ disable_tofu: true });
    const repository = await rig.server.repository(gun);
    const [root] = repository.base.root.keys;
    expect((await shown(rig, gun)).firstUse).toBe('refuse');
    const outcome = await rig.dct(['verify', gun, '--json']);
    expect(outcome.code).toBe(3);
    const { code, next } = errorOf(outcome);
    expect({ code, next }).toEqual({
      code: 'UNKNOWN_GUN',
      next: expect.stringContaining(`dct pin add ${gun} ${root?.id ?? ''}`) as string,
    });
    await rig.dct(['pin', 'add', gun, root?.id ?? '']);
    expect((await rig.dct(['verify', gun])).code).toBe(0);
  });

  it('RT-01: so does firstUse in our own configuration, whatever Notary’s says', async () => {
    const rig = await notaryRig({ disable_tofu: false });
    await rig.server.repository(gun);
    await rig.configure({ firstUse: 'refuse' });
    expect((await shown(rig, gun)).firstUse).toBe('refuse');
    expect(errorOf(await rig.dct(['verify', gun, '--json'])).code).toBe('UNKNOWN_GUN');
    await rig.configure({ firstUse: 'accept' });
    expect((await rig.dct(['verify', gun])).code).toBe(0);
    await rig.configure({ firstUse: 'refuse' });
    expect((await rig.dct(['verify', gun])).code).toBe(0);
    await rig.configure({ firstUse: 'ask' });
    expect((await rig.dct(['verify', gun])).code).toBe(2);
  });

  it('leaves alone what is trusted already', async () => {
    const rig = await notaryRig({});
    await rig.server.repository(gun);
    await rig.dct(['verify', gun]);
    await rig.write('.notary/config.json', JSON.stringify({ trust_pinning: { disable_tofu: true } }));
    expect((await rig.dct(['verify', gun])).code).toBe(0);
  });
});
