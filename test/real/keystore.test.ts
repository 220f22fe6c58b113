// One key file, three programs: what dct writes serves notary and docker trust, and what they write or can read serves dct.
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Gun } from '../../src/base/reference.ts';
import { openDirectory } from '../../src/disk/files.ts';
import { environmentPassphrases, openKeyStore, type KeyStore } from '../../src/keystore/index.ts';
import { asKeyId, type KeyId } from '../../src/tuf-client/model/index.ts';
import { vector, vectors, passphrase } from '../keystore/vectors.ts';
import { succeeds } from '../support/real/clients.ts';
import { runCommand, type Outcome } from '../support/real/programs.ts';
import { describeReal } from '../support/real/requirement.ts';
import { searchPath } from '../support/real/search-path.ts';

const gun = 'localhost:5000/test/keys' as Gun;

describeReal(['notary', 'docker', 'openssl'], 'private key files', () => {
  let home: string;
  /** The trust directory of `home`, which docker, notary and dct share. */
  let trust: string;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'dct-keys-'));
    trust = join(home, '.docker/trust');
  });
  afterEach(() => rm(home, { recursive: true }));

  function environment(secret: string): Record<string, string> {
    const variables = ['DOCKER_CONTENT_TRUST_ROOT', 'DOCKER_CONTENT_TRUST_REPOSITORY'];
    for (const role of ['ROOT', 'TARGETS', 'SNAPSHOT', 'DELEGATION']) variables.push(`NOTARY_${role}`);
    return Object.fromEntries(variables.map((name) => [`${name}_PASSPHRASE`, secret]));
  }

  function run(program: string, args: readonly string[], secret = passphrase): Promise<Outcome> {
    const env = {
      PATH: searchPath,
      HOME: home,
      DOCKER_CONFIG: join(home, '.docker'),
      ...environment(secret),
    };
    return runCommand(program, args, { env, cwd: home });
  }
  const notary = (args: readonly string[], secret?: string): Promise<Outcome> =>
    run('notary', ['-d', trust, ...args], secret);
  const docker = (args: readonly string[], secret?: string): Promise<Outcome> =>
    run('docker', ['trust', 'key', ...args], secret);

  /** A fresh store each time, as another process would open it. */
  const dct = (secret = passphrase, directory = trust): KeyStore =>
    openKeyStore({
      files: openDirectory(directory),
      passphrases: environmentPassphrases(environment(secret)),
      openDirectory,
    });

  const fileOf = (id: KeyId): string => join(trust, 'private', `${id}.key`);

  async function place(path: string, text: string): Promise<void> {
    const file = join(trust, 'private', path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, text, { mode: 0o600 });
  }

  async function onlyKey(directory = trust): Promise<KeyId> {
    const [name = '', ...others] = await readdir(join(directory, 'private'));
    expect(others).toEqual([]);
    const id = asKeyId(name.replace(/\.key$/, ''));
    if (id === undefined) throw new Error(`${name} is no key file`);
    return id;
  }

  describe('that dct makes', () => {
    it.each([
      { role: 'root', given: undefined, column: '' },
      { role: 'targets', given: gun, column: gun },
      { role: 'snapshot', given: gun, column: gun },
      { role: 'alice', given: undefined, column: '' },
    ])('notary lists: $role', async ({ role, given, column }) => {
      const { keyId } = await dct().create(role, given);
      const { stdout } = await succeeds(notary(['key', 'list']));
      const row = stdout.split('\n').find((line) => line.includes(keyId));
      expect(row?.split(/\s+/).slice(0, column === '' ? 2 : 3)).toEqual(
        column === '' ? [role, keyId] : [role, column, keyId],
      );
    });

    it('notary opens with the same passphrase and with no other', async () => {
      const { keyId } = await dct().create('targets', gun);
      const before = await readFile(fileOf(keyId), 'utf8');
      expect((await notary(['key', 'passwd', keyId], 'another one')).code).not.toBe(0);
      expect(await readFile(fileOf(keyId), 'utf8')).toBe(before);

      await succeeds(notary(['key', 'passwd', keyId]));
      const after = await readFile(fileOf(keyId), 'utf8');
      expect(after).not.toBe(before);
      // Notary writes headers, line lengths and parameters as dct did; only what is random differs.
      expect(after.split('\n').slice(0, 4)).toEqual(before.split('\n').slice(0, 4));
      expect(after.length).toBe(before.length);
      expect((await dct().signer(keyId)).keyId).toBe(keyId);
    });

    it('notary exports, docker trust loads, and dct opens again', async () => {
      const { keyId, publicKey } = await dct().create('alice');
      const bundle = join(home, 'bundle.pem');
      await succeeds(notary(['key', 'export', '--key', keyId, '-o', bundle]));
      expect(await readFile(bundle, 'utf8')).toContain(`path: ${keyId}\n`);
      await rm(trust, { recursive: true });
      await succeeds(docker(['load', bundle]));
      expect(await onlyKey()).toBe(keyId);
      expect((await dct().signer(keyId)).publicKey).toEqual(publicKey);
      expect(await dct().namedKeys('alice')).toEqual([keyId]);
    });

    it('have a public half as docker trust writes it', async () => {
      const { publicKeyFile, publicKeyPem } = await dct().generateNamed('bob', home);
      expect(await readFile(publicKeyFile, 'utf8')).toBe(publicKeyPem);
      await succeeds(docker(['generate', 'carol']));
      const theirs = await readFile(join(home, 'carol.pub'), 'utf8');
      // The point begins behind the first 36 characters, which say P-256, and fills the rest of two lines.
      const form = (pem: string): string => pem.replace(/^(M.{35}).{28}\n.{60}$/m, '$1');
      expect(form(publicKeyPem)).toHaveLength(publicKeyPem.length - 89);
      expect(form(publicKeyPem)).toBe(form(theirs).replace('carol', 'bob'));
    });
  });

  describe('that the others make', () => {
    it('notary key generate', async () => {
      await succeeds(notary(['key', 'generate']));
      const id = await onlyKey();
      expect(await dct().rootKeys()).toEqual([id]);
      expect((await dct().signer(id)).keyId).toBe(id);
      await expect(dct('another one').signer(id)).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
    });

    it('docker trust key generate', async () => {
      await succeeds(docker(['generate', 'carol']));
      const id = await onlyKey();
      expect(await dct().namedKeys('carol')).toEqual([id]);
      const { publicKey } = await dct().signer(id);
      const pem = await readFile(join(home, 'carol.pub'), 'utf8');
      expect(pem.replaceAll(/\n/g, '')).toContain(Buffer.from(publicKey.value).toString('base64'));
    });

    it.each([
      ['EC', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384']],
      ['RSA', ['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048']],
    ])('openssl makes (%s), docker trust key load stores', async (_kind, args) => {
      await succeeds(run('openssl', [...args, '-out', 'key.pem']));
      await succeeds(docker(['load', 'key.pem', '--name', 'dave']));
      const id = await onlyKey();
      expect(await dct().namedKeys('dave')).toEqual([id]);
      expect((await dct().signer(id)).keyId).toBe(id);
    });
  });

  /** Dialect 5.3. `notary` cannot read these: it ignores the function they name, or knows neither cipher nor object id. */
  const foreign =
    /^(?:pbes2-aes-(?:128|192)|pbes2-.*-hmacWithSHA256|pbes2-default|pbes2-one|plain-pkcs8-ed25519)/;

  describe.each(vectors.map(({ name, ...rest }) => ({ name, ...rest, read: !foreign.test(name) })))(
    'in the format $name',
    ({ keyId, text, read }) => {
      it(
        read
          ? 'are read by notary, and what it makes of them by dct'
          : 'are read by dct, although not by notary',
        async () => {
          await place(`${keyId}.key`, text);
          const before = await dct().signer(keyId);
          const changed = await notary(['key', 'passwd', keyId]);
          expect(changed.code === 0, changed.stderr).toBe(read);
          const after = await dct().signer(keyId);
          expect(after.publicKey).toEqual(before.publicKey);
          if (read) expect(await readFile(fileOf(keyId), 'utf8')).toContain('ENCRYPTED PRIVATE KEY');
        },
      );
    },
  );

  describe('in the layout before notary 0.4', () => {
    const { keyId, text } = vector('notary-p256');
    it.each([
      { path: `root_keys/${keyId}_root.key`, role: 'root' },
      { path: `tuf_keys/${gun}/${keyId}_targets.key`, role: 'targets', gun },
    ])('mean the same to dct before notary moves them and after: $path', async ({ path, ...owner }) => {
      await place(path, text);
      const moved = join(home, 'moved');
      const before = await dct().list();
      expect(before).toMatchObject([{ keyId, ...owner }]);
      expect((await dct().signer(keyId)).keyId).toBe(keyId);

      await cp(trust, moved, { recursive: true });
      await succeeds(run('notary', ['-d', moved, 'key', 'list']));
      expect(await onlyKey(moved)).toBe(keyId);
      expect(await dct(passphrase, moved).list()).toMatchObject([{ keyId, ...owner }]);
      expect((await dct(passphrase, moved).signer(keyId)).keyId).toBe(keyId);
      // Looking at them has moved nothing here.
      expect(await readFile(join(trust, 'private', path), 'utf8')).toBe(text);
    });
  });
});
