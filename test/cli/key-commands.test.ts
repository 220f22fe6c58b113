// The commands that move and keep private keys: what they print, ask and refuse.
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { passphrase, vector } from '../keystore/vectors.ts';
import { withoutHeaders } from '../keystore/keeper.ts';
import { keyRig, rightPassphrases, type KeyRig } from './key-rig.ts';
import { errorOf } from './support.ts';

const [root, targets, alice] = [vector('notary-root'), vector('notary-targets'), vector('docker-alice')];
const keyFile = ({ keyId }: { keyId: string }): string => `private/${keyId}.key`;
let rig: KeyRig;

beforeEach(async () => {
  rig = await keyRig();
  await rig.write('all.pem', root.text + targets.text + alice.text);
});

const stored = async (): Promise<readonly string[]> =>
  (await rig.files()).filter((path) => path.startsWith('private/'));
const codeOf = async (argv: readonly string[], world = {}): Promise<readonly [number, string]> => {
  const outcome = await rig.dct([...argv, '--json'], world);
  return [outcome.code, errorOf({ ...outcome, stderr: outcome.stderr.split('\n').at(-2) ?? '' }).code];
};

describe('key import', () => {
  it('names every key and where it came from', async () => {
    const { code, stdout } = await rig.dct(['key', 'import', 'all.pem']);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: [
        `imported root key ${root.keyId}`,
        `imported targets key ${targets.keyId} of ${targets.gun ?? ''}`,
        `imported alice key ${alice.keyId}`,
        '',
      ].join('\n'),
    });
    expect(await stored()).toEqual([root, targets, alice].map(keyFile).sort());
  });

  it('as a rehearsal writes nothing', async () => {
    const { stdout } = await rig.dct(['key', 'import', 'all.pem', '--dry-run', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ dryRun: true, keys: [{ state: 'new', gun: null }, {}, {}] });
    expect(await rig.files()).toEqual([]);
  });

  it('a second time says that they are here', async () => {
    await rig.dct(['key', 'import', 'all.pem']);
    const { code, stdout } = await rig.dct(['key', 'import', 'all.pem']);
    expect(code).toBe(0);
    expect(stdout.match(/^already here: /gm)).toHaveLength(3);
  });

  it('takes role and repository from the options where the file has none', async () => {
    await rig.write('bare.pem', withoutHeaders(targets.text));
    expect(await codeOf(['key', 'import', 'bare.pem', '--role', 'targets'])).toEqual([6, 'KEY_FORMAT']);
    const { stdout } = await rig.dct(['key', 'import', 'bare.pem', '--role', 'targets', '--gun', 'r.test/a']);
    expect(stdout).toBe(`imported targets key ${targets.keyId} of r.test/a\n`);
  });

  it('replaces only by force, and archives then', async () => {
    await rig.write('one.pem', alice.text);
    await rig.dct(['key', 'load', 'one.pem', '--name', 'bob']);
    expect(await codeOf(['key', 'import', 'all.pem'])).toEqual([6, 'KEY_CONFLICT']);
    expect(await stored()).toEqual([keyFile(alice)]);
    const { stdout } = await rig.dct(['key', 'import', 'all.pem', '--force']);
    expect(stdout).toContain(`replaced alice key ${alice.keyId}`);
    expect(await rig.files()).toContain(`dct/_archive/${alice.keyId}.key`);
  });

  it.each([
    [['key', 'import', 'nosuch.pem'], 7, 'DISK'],
    [['key', 'load', 'all.pem', '--name', 'Bob'], 2, 'USAGE'],
    [['key', 'load', 'all.pem', '--name', 'bob'], 6, 'KEY_REFUSED'],
    [['key', 'restore', 'all.pem'], 6, 'BACKUP_INCOMPLETE'],
  ] as const)('%j is refused', async (argv, code, name) => {
    expect(await codeOf(argv)).toEqual([code, name]);
    expect(await stored()).toEqual([]);
  });

  it('KS-06: refuses a plain key in a file that others can read', async () => {
    await rig.write('open.pem', vector('plain-pkcs8-p256').text);
    await chmod(join(rig.home, 'open.pem'), 0o644);
    expect(await codeOf(['key', 'load', 'open.pem'])).toEqual([6, 'KEY_REFUSED']);
  });
});

describe('key backup and restore', () => {
  it('bring all keys back', async () => {
    await rig.dct(['key', 'import', 'all.pem']);
    const { stdout } = await rig.dct(['key', 'backup', '-o', 'backup.pem']);
    expect(stdout.match(/^exported /gm)).toHaveLength(3);
    const other = await keyRig();
    await other.write('backup.pem', await rig.read('backup.pem'));
    expect(await other.dct(['key', 'restore', 'backup.pem'])).toMatchObject({ code: 0 });
    expect(await other.files()).toEqual(await stored());
  });
});

describe('key export', () => {
  it.each([
    [[], 'USAGE'],
    [['--all', '--gun', 'x'], 'USAGE'],
    [['--key', 'abc'], 'USAGE'],
  ])('with %j does not know which keys (P-56)', async (options, name) => {
    expect(await codeOf(['key', 'export', ...options, '-o', 'x.pem'])).toEqual([2, name]);
  });

  it('does not overwrite', async () => {
    await rig.dct(['key', 'import', 'all.pem']);
    expect(await codeOf(['key', 'export', '--all', '-o', 'all.pem'])).toEqual([6, 'KEY_EXISTS']);
    expect((await rig.dct(['key', 'export', '--all', '-o', 'all.pem', '--force'])).code).toBe(0);
  });
});

describe('key remove', () => {
  beforeEach(() => rig.dct(['key', 'import', 'all.pem']));
  const id = alice.keyId.slice(0, 8);

  it.each([
    ['nobody to ask', undefined],
    ['no', () => Promise.resolve('n')],
    ['nothing', () => Promise.resolve('')],
    ['the end of the input', () => Promise.resolve(undefined)],
  ])('with %s is declined', async (_what, ask) => {
    expect(await codeOf(['key', 'remove', id], { ask })).toEqual([9, 'DECLINED']);
    expect(await stored()).toContain(keyFile(alice));
  });

  it.each([
    ['y', ['key', 'remove', id]],
    ['-y', ['key', 'remove', id, '-y']],
  ])('with %s moves the key to the archive, and says how to get it back', async (_what, argv) => {
    const { code, stdout, stderr } = await rig.dct(argv, { ask: () => Promise.resolve('y') });
    const archived = join(rig.trustDirectory, 'dct/_archive', `${alice.keyId}.key`);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `removed alice key ${alice.keyId}\narchived: ${archived}\n`,
    });
    expect(stderr).toContain('dct key import');
    expect((await rig.dct(['key', 'import', archived])).stdout).toBe(`imported alice key ${alice.keyId}\n`);
  });
});

describe('key passwd', () => {
  beforeEach(() => rig.dct(['key', 'import', 'all.pem']));
  const next = { DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'a much better one' };

  it('P-40: takes the new one from its own file, not from the variables', async () => {
    await rig.write('new', 'a much better one\n');
    expect(await codeOf(['key', 'passwd', alice.keyId])).toEqual([6, 'PASSPHRASE_MISSING']);
    const { stdout } = await rig.dct(['key', 'passwd', alice.keyId, '--new-passphrase-file', 'new']);
    expect(stdout).toBe(`changed the passphrase of alice key ${alice.keyId}\n`);
    await rig.write('one.pem', alice.text);
    const { code } = await rig.dct(['key', 'export', '--key', alice.keyId, '-o', 'moved.pem']);
    expect(code).toBe(0);
    const other = await keyRig();
    await other.write('moved.pem', await rig.read('moved.pem'));
    expect((await other.dct(['key', 'import', 'moved.pem'])).code).toBe(6);
    expect((await other.dct(['key', 'import', 'moved.pem'], { env: next })).code).toBe(0);
  });

  it('asks at the terminal, twice', async () => {
    const prompts: string[] = [];
    const askSecret = (prompt: string): Promise<string> => {
      prompts.push(prompt);
      return Promise.resolve('a much better one');
    };
    const world = { env: { DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: passphrase }, askSecret };
    expect((await rig.dct(['key', 'passwd', alice.keyId], world)).code).toBe(0);
    expect(prompts.map((prompt) => prompt.split(' ')[0])).toEqual(['New', 'Repeat']);
  });
});

describe('key check', () => {
  it('is content with good keys that have a copy', async () => {
    await rig.dct(['key', 'import', 'all.pem']);
    await rig.dct(['key', 'backup', '-o', 'backup.pem']);
    const { code, stdout, stderr } = await rig.dct(['key', 'check']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.match(/^ok: /gm)).toHaveLength(3);
  });

  it('fails when a key does not open, and still tells of the others', async () => {
    await rig.dct(['key', 'import', 'all.pem']);
    const env = {
      DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: 'wrong',
      DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: passphrase,
    };
    const { code, stdout, stderr } = await rig.dct(['key', 'check'], { env });
    expect(code).toBe(6);
    expect(stdout).toContain(`FAILED: root key ${root.keyId}`);
    expect(stdout.match(/^ok: /gm)).toHaveLength(2);
    expect(stderr).toContain('no copy of it is known');
  });

  describe('EX-03: wherever and whenever it runs', () => {
    const zone = process.env['TZ'];
    afterEach(() => {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    });

    it.each(['UTC', 'Pacific/Kiritimati', 'America/St_Johns'])('times are UTC (%s)', async (name) => {
      process.env['TZ'] = name;
      await rig.dct(['key', 'import', 'all.pem']);
      await rig.dct(['key', 'backup', '-o', 'backup.pem']);
      const { stdout } = await rig.dct(['key', 'check'], {
        env: { ...rightPassphrases, LC_ALL: 'tr_TR.UTF-8', SOURCE_DATE_EPOCH: '0' },
      });
      expect(stdout).toContain('at 2030-01-02T03:04:05Z\n');
    });
  });
});

describe('key remember and forget', () => {
  it.each([
    [['key', 'remember'], 2, 'USAGE'],
    [['key', 'forget'], 2, 'USAGE'],
    [['key', 'remember', '--all', alice.keyId], 2, 'USAGE'],
    [['key', 'remember', alice.keyId], 6, 'KEY_UNKNOWN'],
  ] as const)('%j is refused', async (argv, code, name) => {
    expect(await codeOf(argv)).toEqual([code, name]);
  });
});
