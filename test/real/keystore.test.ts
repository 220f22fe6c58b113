// Key files in both directions: notary and docker trust open what dct writes, and dct opens what they write.
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { makeGun } from '../../src/base/reference.ts';
import { openDirectory } from '../../src/disk/files.ts';
import { environmentPassphrases, openKeyStore, type KeyStore } from '../../src/keystore/index.ts';
import { lockKey } from '../../src/keystore/open-key.ts';
import { readPem, writePem } from '../../src/keystore/pem.ts';
import { readPkcs8 } from '../../src/keystore/pkcs8.ts';
import { asKeyId, type KeyId } from '../../src/tuf-client/model/index.ts';
import { temporaryDirectory } from '../disk/support.ts';
import { passphrase, vector, vectors } from '../keystore/vectors.ts';
import { succeeds } from '../support/real/clients.ts';
import { type Outcome, runCommand } from '../support/real/programs.ts';
import { describeReal } from '../support/real/requirement.ts';
import { searchPath } from '../support/real/search-path.ts';

const gun = makeGun('localhost:5000', 'test/trusttest');

/** Dialect 5.3: notary does not look which function derives the key, and knows one cipher and its own Ed25519 only. */
const unreadableByNotary =
  /^(?:pbes2-aes-(?:128|192)|pbes2-.*-hmacWithSHA256|pbes2-default|pbes2-one|plain-pkcs8-ed25519)/;

describeReal(['notary', 'docker'], 'private key files', () => {
  let home: string;
  let trustDirectory: string;

  beforeEach(async () => {
    home = await temporaryDirectory();
    trustDirectory = join(home, '.docker', 'trust');
  });

  const environment = (secret = passphrase): Record<string, string> => ({
    PATH: searchPath,
    HOME: home,
    DOCKER_CONFIG: join(home, '.docker'),
    DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: secret,
    DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: secret,
    NOTARY_ROOT_PASSPHRASE: secret,
    NOTARY_TARGETS_PASSPHRASE: secret,
    NOTARY_SNAPSHOT_PASSPHRASE: secret,
    NOTARY_DELEGATION_PASSPHRASE: secret,
  });
  const notary = (args: readonly string[], secret?: string): Promise<Outcome> =>
    runCommand('notary', ['-d', trustDirectory, ...args], { env: environment(secret), cwd: home });
  const dockerKey = (args: readonly string[], secret?: string): Promise<Outcome> =>
    runCommand('docker', ['trust', 'key', ...args], { env: environment(secret), cwd: home });

  /** A new one each time, so that nothing is remembered. */
  const store = (secret = passphrase, directory = trustDirectory): KeyStore =>
    openKeyStore({
      files: openDirectory(directory),
      passphrases: environmentPassphrases(environment(secret)),
      openDirectory,
    });
  const keyFile = (id: string): string => join(trustDirectory, 'private', `${id}.key`);
  async function place(path: string, text: string): Promise<void> {
    const file = join(trustDirectory, 'private', path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, text, { mode: 0o600 });
  }
  const onlyKey = async (directory = trustDirectory): Promise<KeyId> => {
    const [name = '', ...others] = await readdir(join(directory, 'private'));
    expect(others).toEqual([]);
    return asKeyId(name.replace(/\.key$/, '')) ?? expect.fail(`${name} is not named by a key id`);
  };

  /** Notary decrypts the key and writes it anew, here under the same passphrase. */
  async function notaryReencrypts(id: string): Promise<void> {
    const before = await readFile(keyFile(id), 'utf8');
    expect((await notary(['key', 'passwd', id], 'another one')).code, 'with a wrong passphrase').not.toBe(0);
    expect(await readFile(keyFile(id), 'utf8')).toBe(before);
    await succeeds(notary(['key', 'passwd', id]));
    expect(await readFile(keyFile(id), 'utf8')).not.toBe(before);
    expect((await store().signer(id as KeyId)).keyId).toBe(id);
  }

  /** Docker decrypts a key file that has no `path` header before it looks for anything else in it. */
  async function dockerDecrypts(id: string): Promise<void> {
    await chmod(keyFile(id), 0o600);
    expect((await dockerKey(['load', keyFile(id)], 'another one')).stderr).toContain('could not decrypt key');
    await succeeds(dockerKey(['load', keyFile(id)]));
  }

  describe('made by dct', () => {
    it.each([
      ['root', undefined],
      ['targets', gun],
      ['snapshot', gun],
      ['alice', undefined],
    ] as const)(
      'a %s key is listed, exported and decrypted by notary, and decrypted by docker',
      async (role, owner) => {
        const { keyId } = await store().create(role, owner);
        const listed = (await succeeds(notary(['key', 'list']))).stdout;
        expect(listed).toMatch(new RegExp(`^${role}\\s+(\\S*test/trusttest\\s+)?${keyId}\\s`, 'm'));
        expect(listed.includes('test/trusttest')).toBe(owner !== undefined);
        const exported = (await succeeds(notary(['key', 'export', '--key', keyId]))).stdout;
        expect(exported.replace(`path: ${keyId}\n`, '')).toBe(await readFile(keyFile(keyId), 'utf8'));
        await dockerDecrypts(keyId);
        await notaryReencrypts(keyId);
      },
    );

    it.each(['p256', 'p384', 'p521', 'rsa', 'ed25519'])(
      'the form in which a %s key is written is decrypted by notary',
      async (kind) => {
        const { keyId, text } = vector(`plain-pkcs8-${kind}`);
        const [{ content }] = readPem(utf8(text));
        const key = readPkcs8(content) ?? expect.fail('the vector holds a key');
        const block = await lockKey(key, utf8(passphrase), new Map([['role', 'signer']]));
        await openDirectory(trustDirectory).create(`private/${keyId}.key`, writePem(block));
        await notaryReencrypts(keyId);
      },
    );

    it('a key goes through the export of notary and the import of docker, and comes back the same', async () => {
      const { keyId, publicKey } = await store().create('alice');
      const bundle = join(home, 'bundle.pem');
      await succeeds(notary(['key', 'export', '--key', keyId, '-o', bundle]));
      await rm(trustDirectory, { recursive: true });
      await succeeds(dockerKey(['load', bundle]));
      expect(await onlyKey()).toBe(keyId);
      expect(await store().namedKeys('alice')).toEqual([keyId]);
      expect((await store().signer(keyId)).publicKey).toEqual(publicKey);
    });

    it('the public half of a named key has the form that docker gives it', async () => {
      const { publicKeyFile } = await store().generateNamed('bob', home);
      await succeeds(dockerKey(['generate', 'rob']));
      const shape = (pem: string): string =>
        pem.replace(/[A-Za-z0-9+/=]{20,}/g, (data) => `<${data.length}>`);
      const byDocker = await readFile(join(home, 'rob.pub'), 'utf8');
      expect(shape(await readFile(publicKeyFile, 'utf8'))).toBe(
        shape(byDocker).replace('role: rob', 'role: bob'),
      );
    });
  });

  describe('made by the others', () => {
    async function expectOpenedByDct(role: string): Promise<void> {
      const id = await onlyKey();
      expect((await store().survey()).keys).toMatchObject([{ keyId: id, role, encrypted: true }]);
      expect((await store().signer(id)).keyId).toBe(id);
      await expect(store('another one').signer(id)).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
    }

    it('notary key generate', async () => {
      await succeeds(notary(['key', 'generate']));
      await expectOpenedByDct('root');
    });

    it('docker trust key generate', async () => {
      await succeeds(dockerKey(['generate', 'carol']));
      await expectOpenedByDct('carol');
    });

    it.each(['p256', 'p384', 'p521', 'rsa'])('docker trust key load, from a plain %s key', async (kind) => {
      await writeFile(join(home, 'plain.pem'), withoutRole(`plain-traditional-${kind}`), { mode: 0o600 });
      await succeeds(dockerKey(['load', 'plain.pem', '--name', 'dora']));
      expect(await onlyKey()).toBe(vector(`plain-traditional-${kind}`).keyId);
      await expectOpenedByDct('dora');
    });

    it.each(['pkcs8-p256', 'pkcs8-rsa', 'traditional-p521', 'traditional-rsa', 'traditional-ed25519'])(
      'notary key import, from plain-%s',
      async (name) => {
        await writeFile(join(home, 'plain.pem'), withoutRole(`plain-${name}`));
        await succeeds(notary(['key', 'import', 'plain.pem', '-r', 'targets', '-g', gun]));
        expect(await onlyKey()).toBe(vector(`plain-${name}`).keyId);
        await expectOpenedByDct('targets');
      },
    );
  });

  describe.each(
    vectors.map(({ name, ...rest }) => ({ name, ...rest, shared: !unreadableByNotary.test(name) })),
  )('in the format of $name', ({ keyId, text, shared }) => {
    it(
      shared ? 'a key is opened by notary and by dct' : 'a key is opened by dct, though not by notary',
      async () => {
        await place(`${keyId}.key`, text);
        const { publicKey } = await store().signer(keyId);
        const changed = await notary(['key', 'passwd', keyId]);
        expect(changed.code === 0, changed.stderr).toBe(shared);
        expect((await store().signer(keyId)).publicKey).toEqual(publicKey);
      },
    );
  });

  describe('in the layout before notary 0.4', () => {
    const { keyId, text } = vector('notary-p256');

    it.each([
      { path: `root_keys/${keyId}_root.key`, owner: { role: 'root' } },
      { path: `tuf_keys/${gun}/${keyId}_targets.key`, owner: { role: 'targets', gun } },
    ])('$path means to dct what notary makes of it', async ({ path, owner }) => {
      await place(path, text);
      expect(await store().list()).toMatchObject([{ keyId, ...owner }]);
      expect((await store().signer(keyId)).keyId).toBe(keyId);

      const moved = join(home, 'moved');
      await cp(trustDirectory, moved, { recursive: true });
      await succeeds(notary(['-d', moved, 'key', 'list']));
      expect(await onlyKey(moved)).toBe(keyId);
      expect(await store(passphrase, moved).list()).toMatchObject([{ keyId, ...owner }]);
      expect((await store(passphrase, moved).signer(keyId)).keyId).toBe(keyId);
      // Only notary moves anything.
      expect(await readFile(join(trustDirectory, 'private', path), 'utf8')).toBe(text);
    });
  });
});

/** As OpenSSL wrote it: the programs shall add the role themselves. */
function withoutRole(name: string): string {
  return vector(name).text.replace(/^role: .*\n\n/m, '');
}
