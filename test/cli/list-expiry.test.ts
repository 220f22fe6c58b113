// `dct list --expiry`, and the certificates in `dct verify`: what ends when, and what is near its end.
import { describe, expect, it } from 'vitest';
import { instantAt } from '../../src/base/instant.ts';
import { makeGun } from '../../src/base/reference.ts';
import { chainPem } from '../support/notary/chain-certificate.ts';
import { listedAs } from '../support/notary/odd-certificate.ts';
import { makeSigner, TestClock } from '../support/notary-simulator.ts';
import { pinRig } from './pin-rig.ts';
import { run, trustDoor } from './support.ts';
import { trustedRepository } from './trusted-repository.ts';

const gun = makeGun('registry.test', 'app');
const start = new TestClock().time;
/** Six calendar months after the first of January 2030. */
const halfYear = Date.UTC(2030, 6, 1);

interface Ends {
  readonly roles: readonly { readonly role: string; readonly expires: string; readonly nearEnd: boolean }[];
  readonly rootCertificates: readonly { readonly certificateId: string; readonly nearEnd: boolean }[];
}

async function repositoryWith(ends: { readonly certificate: number; readonly targets: number }) {
  const rig = await pinRig();
  const signer = makeSigner();
  const pem = chainPem(signer, { subject: gun, notBefore: start, notAfter: ends.certificate });
  const root = listedAs(pem, signer);
  const repository = await rig.server.repository(gun, { keys: { root: [root] } });
  repository.top.expires = ends.targets;
  repository.publish();
  return { rig, root };
}

describe('what is near its end', () => {
  it.each([
    ['a second less than six months', halfYear - 1000, true],
    ['six months', halfYear, false],
  ])('%s', async (_what, ends, nearEnd) => {
    const { rig, root } = await repositoryWith({ certificate: ends, targets: ends });
    const { stdout } = await rig.dct(['list', '--expiry', gun, '--json']);
    const { roles, rootCertificates } = JSON.parse(stdout) as Ends;
    const expires = instantAt(ends).text;
    expect(roles).toMatchObject([
      { role: 'root', nearEnd: false },
      { role: 'timestamp', expires: '2030-01-15T00:00:00Z', nearEnd: false },
      { role: 'snapshot', nearEnd: false },
      { role: 'targets', expires, nearEnd },
    ]);
    expect(rootCertificates).toEqual([
      { certificateId: root.id, keyId: root.signer.keyId, expires, nearEnd },
    ]);
  });

  it('is marked for people', async () => {
    const { rig, root } = await repositoryWith({ certificate: halfYear - 1000, targets: halfYear });
    const { stdout, code } = await rig.dct(['list', '--expiry', gun]);
    expect(code).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      ['WHAT', 'EXPIRES'],
      ['root', '2039-12-30T00:00:00Z'],
      ['timestamp', '2030-01-15T00:00:00Z'],
      ['snapshot', '2032-12-31T00:00:00Z'],
      ['targets', '2030-07-01T00:00:00Z'],
      [`root certificate ${root.id}`, '2030-06-30T23:59:59Z', 'near its end'],
    ]);
  });

  it('delegations are listed, and a root key without a usable certificate is', async () => {
    const outline = { tags: { 'targets/alice': {} }, signers: { 'targets/alice': [] } };
    const trust = trustDoor(() => Promise.resolve(trustedRepository(outline)));
    const { stdout } = await run(['list', '--expiry', 'registry.test/app', '--json'], {
      services: { trust },
    });
    expect(JSON.parse(stdout)).toMatchObject({
      roles: [{}, {}, {}, {}, { role: 'targets/alice', expires: '2031-06-07T08:09:10Z', nearEnd: false }],
      rootCertificates: [{ expires: null, nearEnd: false }],
    });
  });
});

describe('dct verify', () => {
  it('says when the certificate of each root key ends', async () => {
    const { rig, root } = await repositoryWith({ certificate: halfYear, targets: halfYear });
    const { stdout } = await rig.dct(['verify', gun]);
    expect(stdout).toContain(
      `root key ${root.signer.keyId}, certificate ${root.id} until 2030-07-01T00:00:00Z\n`,
    );
    expect(JSON.parse((await rig.dct(['verify', gun, '--json'])).stdout)).toMatchObject({
      rootKeys: [{ certificateId: root.id, certificateExpires: '2030-07-01T00:00:00Z' }],
    });
  });
});
