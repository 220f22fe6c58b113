// Defects of docker trust and notary that need no server to be told apart from: what dct does, by their numbers in docs/parity.md.
import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/cli/settings.ts';
import type { Gun } from '../../src/base/reference.ts';
import { passphrase, vector } from '../keystore/vectors.ts';
import { keyRig, type KeyRig } from './key-rig.ts';
import { errorOf, fakeIo, run, trustDoor, type World } from './support.ts';
import { hex, id, trustedRepository } from './trusted-repository.ts';

const app = 'registry.test/app';
const signed: World = {
  services: {
    trust: trustDoor(() =>
      Promise.resolve(
        trustedRepository({
          signers: { 'targets/releases': [id('a1')] },
          tags: { 'targets/releases': { '1.0': 'one' } },
        }),
      ),
    ),
  },
};

describe('reading', () => {
  it('P-49: list --json has algorithm, size and role', async () => {
    const { stdout } = await run(['list', app, '--json'], signed);
    expect(JSON.parse(stdout)).toMatchObject({
      tags: [{ tag: '1.0', digest: `sha256:${hex('one')}`, size: 3, role: 'targets/releases' }],
    });
  });

  it.each(['off', 'no', '0', '1', 'disabled'])(
    'P-57: DOCKER_CONTENT_TRUST=%s switches nothing on or off',
    async (value) => {
      const outcome = await run(['resolve', `${app}:2.0`, '--json'], {
        ...signed,
        env: { DOCKER_CONTENT_TRUST: value },
      });
      expect(errorOf(outcome).code).toBe('NOT_SIGNED');
    },
  );

  it.each(['list', 'inspect', 'inspect --pretty', 'verify', 'resolve', 'signer list'])(
    'P-50: dct %s asks for trust data once',
    async (line) => {
      let updates = 0;
      const trusted = trustedRepository({
        signers: { 'targets/releases': [id('a1')] },
        tags: { 'targets/releases': { '1.0': 'one' } },
      });
      const trust = trustDoor(() => {
        updates += 1;
        return Promise.resolve(trusted);
      });
      const image = line === 'list' || line === 'signer list' ? app : `${app}:1.0`;
      expect(await run([...line.split(' '), image], { services: { trust } })).toMatchObject({ code: 0 });
      expect(updates).toBe(1);
    },
  );

  it('P-60: --quiet leaves exactly the one line that scripts want', async () => {
    expect(await run(['resolve', `${app}:1.0`, '--quiet'], signed)).toEqual({
      code: 0,
      stdout: `${app}@sha256:${hex('one')}\n`,
      stderr: '',
    });
  });
});

describe('mistakes on the command line', () => {
  const lines = [
    `signer add alice ${app}`,
    `resolve ${app}`,
    'sign registry.test/A:1.0',
    `key rotate ${app} six`,
    'notary',
  ];

  it.each(lines)('P-31: dct %s prints nothing on standard output', async (line) => {
    expect(await run(line.split(' '), { services: {} })).toMatchObject({ code: 2, stdout: '' });
  });

  it.each(lines)('P-53: dct %s is answered without internals', async (line) => {
    const { stderr } = await run(line.split(' '), { services: {} });
    expect(stderr).toMatch(/^dct: .+\nnext: .+\n$/u);
    expect(stderr).not.toMatch(/\bat \S+:\d+|undefined|\[object|SyntaxError|TypeError/u);
  });

  it('P-55: a tag where a repository is meant is refused, not passed over', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const world: World = { services: {}, files: { '/project/alice.pub': pem } };
    for (const command of ['signer add --key alice.pub alice', 'signer remove alice', 'list'])
      expect(await run([...command.split(' '), `${app}:1.0`], world)).toMatchObject({ code: 2 });
  });
});

it('P-26: every registry has its own trust server', async () => {
  const registries = {
    'a.test': { notary: 'https://trust-a.test' },
    'b.test': { notary: 'https://trust-b.test' },
  };
  const settings = await loadSettings(
    {},
    fakeIo({ files: { '/home/user/.config/dct/config.json': JSON.stringify({ registries }) } }),
  );
  expect(
    ['a.test/x', 'b.test/x', 'docker.io/library/x'].map((gun) => settings.notary(gun as Gun).server),
  ).toEqual(['https://trust-a.test', 'https://trust-b.test', 'https://notary.docker.io']);
});

describe('keys', () => {
  let rig: KeyRig;
  beforeEach(async () => {
    rig = await keyRig();
    await rig.write('alice.pem', vector('docker-alice').text);
  });
  const load = ['key', 'load', 'alice.pem', '--json'];

  it.each(['DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE', 'NOTARY_DELEGATION_PASSPHRASE'])(
    'P-27: %s is understood',
    async (name) => {
      expect(await rig.dct(load, { env: { [name]: passphrase } })).toMatchObject({ code: 0 });
    },
  );

  it('P-27: without a passphrase and a terminal, one error names the variable', async () => {
    const outcome = await rig.dct(load, { env: {} });
    expect(outcome.code).not.toBe(0);
    expect(JSON.stringify(errorOf(outcome))).toContain('DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE');
  });

  it('P-32: usage, key trouble, a declined question and success have statuses of their own', async () => {
    expect((await rig.dct(['key', 'load'])).code).toBe(2);
    expect((await rig.dct(load, { env: { DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'wrong' } })).code).toBe(
      6,
    );
    expect((await rig.dct(load)).code).toBe(0);
    const [file = ''] = (await rig.files()).filter((name) => name.endsWith('.key'));
    expect((await rig.dct(['key', 'remove', file.slice('private/'.length, -'.key'.length)])).code).toBe(9);
  });

  it('P-34: key remove asks, takes --yes, and destroys nothing', async () => {
    await rig.dct(load);
    const [file = ''] = (await rig.files()).filter((name) => name.endsWith('.key'));
    const keyId = file.slice('private/'.length, -'.key'.length);
    expect((await rig.dct(['key', 'remove', keyId])).code).toBe(9);
    expect(await rig.files()).toContain(file);
    expect((await rig.dct(['key', 'remove', keyId, '--yes'])).code).toBe(0);
    const left = await rig.files();
    expect(left).not.toContain(file);
    expect(left.some((name) => name.includes('_archive') && name.includes(keyId))).toBe(true);
  });

  it('P-41: a new key tells its id and where its public half is', async () => {
    const { stdout, stderr } = await rig.dct(['key', 'generate', 'alice']);
    expect(stdout + stderr).toContain('alice.pub');
    expect(stdout + stderr).toMatch(/[0-9a-f]{7,64}/u);
  });
});
