// `dct pin show`: all pins with where they stand, and the one that decides about a repository.
import { describe, expect, it } from 'vitest';
import { makeGun } from '../../src/base/reference.ts';
import { chainPem } from '../support/notary/chain-certificate.ts';
import { dayMs, makeSigner, TestClock } from '../support/notary-simulator.ts';
import { pinRig, publicPem } from './pin-rig.ts';

const gun = makeGun('registry.test', 'team/app');
const [a, b] = ['a', 'b'].map((digit) => digit.repeat(64)) as [string, string];
const now = new TestClock().time;
const life = { notBefore: now - dayMs, notAfter: now + dayMs };

describe('dct pin show', () => {
  it('nothing', async () => {
    const rig = await pinRig();
    expect(await rig.dct(['pin', 'show'])).toEqual({
      code: 0,
      stdout: '',
      stderr: 'nothing is pinned; what is not pinned is trusted on first use\n',
    });
    const { stdout } = await rig.dct(['pin', 'show', gun, '--json']);
    expect(JSON.parse(stdout)).toEqual({ gun, firstUse: 'accept', pins: [] });
  });

  it('all pins, where they stand, and which of them decides', async () => {
    const rig = await pinRig();
    const pem = chainPem(makeSigner(), { subject: 'Corp CA', ca: true, ...life });
    await rig.write('.config/dct/ca.pem', pem);
    await rig.configure({ pins: { 'registry.test/*': [{ ca: 'ca.pem' }], [gun]: [a] } });
    await rig.write('.notary/config.json', JSON.stringify({ trust_pinning: { certs: { [gun]: [b] } } }));
    const { stdout } = await rig.dct(['pin', 'show']);
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['PATTERN', 'KIND', 'PINNED', 'WHERE'],
      ['registry.test/*', 'authority', `CN=Corp CA (${rig.home}/.config/dct/ca.pem)`, rig.configFile],
      [gun, 'key', a, rig.configFile],
      [gun, 'key', b, `${rig.home}/.notary/config.json`],
      [''],
    ]);
    const decides = async (name: string): Promise<unknown> =>
      JSON.parse((await rig.dct(['pin', 'show', name, '--json'])).stdout);
    expect(await decides(gun)).toMatchObject({ pins: [{ pattern: gun, entries: [{ id: a }] }] });
    expect(await decides('registry.test/other')).toMatchObject({
      pins: [
        {
          pattern: 'registry.test/*',
          entries: [{ authorities: [{ name: 'CN=Corp CA', expires: '2030-01-02T00:00:00Z' }] }],
        },
      ],
    });
    expect(await decides('alpine')).toEqual({
      gun: 'docker.io/library/alpine',
      firstUse: 'accept',
      pins: [],
    });
  });

  it('public keys in the configuration, as text or file', async () => {
    const rig = await pinRig();
    const signer = makeSigner();
    const pem = publicPem(signer.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await rig.write('.config/dct/root.pub', pem);
    await rig.configure({ pins: { [gun]: [{ key: pem }, { key: 'root.pub' }] } });
    expect((await rig.dct(['pin', 'show'])).stdout.split(signer.keyId).length).toBe(3);
  });
});
