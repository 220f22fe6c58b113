// Keys on their way between the tools: dct, notary and docker trust take each other's exports, bundles and key files.
import { chmod, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { passphrase, vector, vectors } from '../keystore/vectors.ts';
import { temporaryDirectory } from '../disk/support.ts';
import { withHeader, withoutHeaders } from '../keystore/keeper.ts';
import { succeeds } from '../support/real/clients.ts';
import { keyUser, type KeyUser } from '../support/real/key-user.ts';
import { describeReal } from '../support/real/requirement.ts';

const gun = 'localhost:5000/test/trusttest';
const root = vector('notary-root');
const targets = vector('notary-targets');
const alice = vector('docker-alice');

interface Listed {
  readonly keyId: string;
  readonly role: string;
  readonly gun: string | null;
}

describeReal(['notary', 'docker'], 'keys between the tools', () => {
  let user: KeyUser;

  beforeEach(async () => {
    user = keyUser(await temporaryDirectory());
  });

  const file = (name: string): string => join(user.home, name);
  const put = (name: string, text: string): Promise<void> => writeFile(file(name), text, { mode: 0o600 });
  const read = (name: string): Promise<string> => readFile(file(name), 'utf8');
  async function listed(who = user): Promise<readonly Listed[]> {
    const { stdout } = await succeeds(who.dct(['key', 'list', '--json']));
    const { keys, unreadable } = JSON.parse(stdout) as { keys: Listed[]; unreadable: unknown[] };
    expect(unreadable).toEqual([]);
    return keys;
  }
  const rows = (keys: readonly Listed[]) => keys.map(({ role, gun: owner, keyId }) => [role, owner, keyId]);
  const threeKeys = async (): Promise<void> => {
    await put('three.pem', root.text + targets.text + alice.text);
    await succeeds(user.dct(['key', 'import', 'three.pem']));
  };
  const three = [
    ['alice', null, alice.keyId],
    ['root', null, root.keyId],
    ['targets', targets.gun ?? null, targets.keyId],
  ];

  describe('from dct', () => {
    it.each([
      ['export', ['key', 'export', '--all', '-o', 'out.pem']],
      ['backup', ['key', 'backup', '-o', 'out.pem']],
    ])('an %s is taken by notary whole, and its keys still open', async (_what, command) => {
      await threeKeys();
      await succeeds(user.dct(command));
      expect((await stat(file('out.pem'))).mode & 0o777).toBe(0o600);
      await rm(user.trustDirectory, { recursive: true });
      await succeeds(user.notary(['key', 'import', 'out.pem']));
      expect(rows(await listed())).toEqual(three);
      for (const { keyId } of [root, targets, alice]) await succeeds(user.notary(['key', 'passwd', keyId]));
      await succeeds(user.dct(['key', 'check']));
    });

    it('an exported signer key is loaded by docker', async () => {
      await threeKeys();
      await succeeds(user.dct(['key', 'export', '--key', alice.keyId.slice(0, 7), '-o', 'alice.pem']));
      await rm(user.trustDirectory, { recursive: true });
      await succeeds(user.dockerKey(['load', 'alice.pem']));
      expect(rows(await listed())).toEqual([three[0]]);
    });

    it('an exported key is the same as in the export of notary', async () => {
      await threeKeys();
      await succeeds(user.dct(['key', 'export', '--gun', targets.gun ?? '', '-o', 'ours.pem']));
      await succeeds(user.notary(['key', 'export', '--gun', targets.gun ?? '', '-o', 'theirs.pem']));
      expect(await read('ours.pem')).toBe(await read('theirs.pem'));
    });

    it.each(vectors.map(({ name }) => name))('%s, once imported, is opened by notary', async (name) => {
      const { keyId, text } = vector(name);
      await put('key.pem', text);
      await succeeds(user.dct(['key', 'import', 'key.pem', '--gun', gun]));
      await succeeds(user.notary(['key', 'passwd', keyId]));
      await succeeds(user.dct(['key', 'check']));
    });

    it('a key under a new passphrase is opened by notary with that one only', async () => {
      await threeKeys();
      await put('new', 'a much better one\n');
      await succeeds(user.dct(['key', 'passwd', alice.keyId, '--new-passphrase-file', 'new']));
      expect((await user.notary(['key', 'passwd', alice.keyId])).code).not.toBe(0);
      const env = { NOTARY_DELEGATION_PASSPHRASE: 'a much better one' };
      await succeeds(user.notary(['key', 'passwd', alice.keyId], { env }));
    });

    it('a removed key is not listed by notary any more', async () => {
      await threeKeys();
      await succeeds(user.dct(['key', 'remove', alice.keyId, '-y']));
      const { stdout } = await succeeds(user.notary(['key', 'list']));
      expect(stdout).toContain(root.keyId);
      expect(stdout).not.toContain(alice.keyId);
    });
  });

  describe('to dct', () => {
    it('an export of notary is taken whole (P-64)', async () => {
      await threeKeys();
      await succeeds(user.notary(['key', 'export', '-o', 'out.pem']));
      await rm(user.trustDirectory, { recursive: true });
      await succeeds(user.dct(['key', 'import', 'out.pem']));
      expect(rows(await listed())).toEqual(three);
      await succeeds(user.dct(['key', 'check']));
    });

    it('keys that notary and docker generate are taken, copied as files', async () => {
      await succeeds(user.notary(['key', 'generate']));
      await succeeds(user.notary(['key', 'generate', '--role', 'sam']));
      await succeeds(user.dockerKey(['generate', 'tim']));
      const before = await listed();
      expect(before.map(({ role }) => role)).toEqual(['root', 'sam', 'tim']);
      const files = before.map(({ keyId }) => join(user.trustDirectory, 'private', `${keyId}.key`));
      const other = keyUser(await temporaryDirectory());
      await succeeds(other.dct(['key', 'import', ...files]));
      expect(rows(await listed(other))).toEqual(rows(before));
    });

    it('a change of passphrase by notary is understood', async () => {
      await threeKeys();
      const before = await readFile(join(user.trustDirectory, 'private', `${alice.keyId}.key`), 'utf8');
      await succeeds(user.notary(['key', 'passwd', alice.keyId]));
      expect(await readFile(join(user.trustDirectory, 'private', `${alice.keyId}.key`), 'utf8')).not.toBe(
        before,
      );
      await succeeds(user.dct(['key', 'check']));
    });
  });

  describe('P-02: docker pretends to load an encrypted key', () => {
    const text = withoutHeaders(alice.text);

    it('and stores nothing', async () => {
      await put('enc.pem', text);
      expect((await succeeds(user.dockerKey(['load', 'enc.pem', '--name', 'hank']))).stdout).toContain(
        'Success',
      );
      expect(await listed()).toEqual([]);
    });

    it('dct loads it, and says under which id (P-02)', async () => {
      await put('enc.pem', text);
      const { stdout } = await succeeds(user.dct(['key', 'load', 'enc.pem', '--name', 'hank']));
      expect(stdout).toBe(`imported hank key ${alice.keyId}\n`);
      expect(rows(await listed())).toEqual([['hank', null, alice.keyId]]);
    });
  });

  it('P-42: dct loads what OpenSSL 3 encrypts, and docker can use it then', async () => {
    const { keyId, text } = vector('pbes2-default-p384');
    await put('key.pem', withoutHeaders(text));
    expect((await user.dockerKey(['load', 'key.pem'])).code).not.toBe(0);
    await succeeds(user.dct(['key', 'load', 'key.pem', '--name', 'ivy']));
    await succeeds(user.dct(['key', 'export', '--all', '-o', 'out.pem']));
    await rm(user.trustDirectory, { recursive: true });
    await succeeds(user.dockerKey(['load', 'out.pem']));
    expect(rows(await listed())).toEqual([['ivy', null, keyId]]);
  });

  it('P-33, P-56: what notary calls a success is an error', async () => {
    await threeKeys();
    await put('hello.txt', 'hello\n');
    for (const args of [
      ['key', 'import', 'hello.txt'],
      ['key', 'export', '--key', 'a'.repeat(64), '-o', 'out.pem'],
      ['key', 'export', '--gun', 'registry.test/none', '-o', 'out.pem'],
    ])
      expect((await user.dct(args)).code, args.join(' ')).toBe(6);
    expect((await user.dct(['key', 'import', 'nosuch.pem'])).code).toBe(7);
  });

  it('a bundle with one bad key brings no key at all, where notary takes the rest', async () => {
    const bad = withHeader(withoutHeaders(targets.text), 'path', targets.keyId);
    await put('mixed.pem', root.text + withHeader(bad, 'role', 'targets'));
    expect((await user.dct(['key', 'import', 'mixed.pem'])).code).toBe(6);
    expect(await listed()).toEqual([]);
  });

  it('KS-09: a passphrase comes through a descriptor', async () => {
    await threeKeys();
    const none = {
      DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: undefined,
      DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: undefined,
      NOTARY_ROOT_PASSPHRASE: undefined,
      NOTARY_TARGETS_PASSPHRASE: undefined,
      NOTARY_DELEGATION_PASSPHRASE: undefined,
    };
    const check = (fd: string, input: string) =>
      user.dct(['key', 'check', '--passphrase-fd', fd], { env: none, input });
    await succeeds(check('0', `${passphrase}\n`));
    expect((await check('0', 'wrong\n')).stderr).toContain('(from descriptor 0)');
    expect((await check('9', '')).stderr).toContain('no passphrase in descriptor 9');
  });

  it('F-101: a plain key that everybody can read is refused, as by docker', async () => {
    await put('open.pem', vector('plain-traditional-p256').text);
    await chmod(file('open.pem'), 0o644);
    expect((await user.dockerKey(['load', 'open.pem'])).code).not.toBe(0);
    expect((await user.dct(['key', 'load', 'open.pem'])).code).toBe(6);
    expect(await listed()).toEqual([]);
  });
});
