// Narrower questions: by role, by digest, by signer, and all that was signed.
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { DctError } from '../../src/base/errors.ts';
import { utf8 } from '../../src/base/bytes.ts';
import type { RoleName } from '../../src/tuf-client/model/index.ts';
import type { TrustedRepository } from '../../src/tuf-client/types.ts';
import { errorOf, run, trustDoor, type World } from './support.ts';
import { hex, id, trustedRepository, type Outline } from './trusted-repository.ts';

const name = 'registry.test/app';
const sha256 = (content: string): string => `sha256:${hex(content)}`;

/** `1.0` and `latest` are one content; ci has signed both as released, alice only the first, bob something else. */
const signed: Outline = {
  signers: {
    'targets/releases': [id('a0')],
    'targets/alice': [id('a1')],
    'targets/bob': [id('a2')],
    'targets/ci': [id('a3')],
    'targets/silent': [id('a4')],
  },
  paths: { 'targets/ci': ['1.', 'latest'] },
  tags: {
    'targets/releases': { '1.0': 'one', latest: 'one', '2.0': 'two' },
    'targets/alice': { '1.0': 'one', unreleased: 'new' },
    'targets/bob': { '1.0': 'other' },
    'targets/ci': { '1.0': 'one', latest: 'one', '2.0': 'two' },
  },
};

const worldOf = (repository: TrustedRepository): World => ({
  services: { trust: trustDoor(() => Promise.resolve(repository)) },
});
const world = worldOf(trustedRepository(signed));
const tagsOf = (stdout: string): unknown =>
  (JSON.parse(stdout) as { tags: { tag: string }[] }).tags.map(({ tag }) => tag);

describe('list --role', () => {
  it.each([
    { roles: ['targets/alice'], tags: ['1.0', 'unreleased'] },
    { roles: ['alice'], tags: ['1.0', 'unreleased'] },
    { roles: ['targets'], tags: [] },
    { roles: ['releases'], tags: ['1.0', '2.0', 'latest'] },
    { roles: ['silent'], tags: [] },
    { roles: ['alice', 'bob'], tags: ['1.0', '1.0', 'unreleased'] },
    // 2.0 is not below the prefixes that ci was given (DG-03).
    { roles: ['ci'], tags: ['1.0', 'latest'] },
  ])('$roles: what they have signed themselves', async ({ roles, tags }) => {
    const options = roles.flatMap((role) => ['--role', role]);
    const { code, stdout } = await run(['list', name, '--json', ...options], world);
    expect([code, tagsOf(stdout)]).toEqual([0, tags]);
  });

  it.each(['targets/nobody', 'nobody', '../x', 'root'])('%s is no role of it', async (role) => {
    const outcome = await run(['list', name, '--json', '--role', role], world);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(errorOf(outcome).code).toBe('USAGE');
  });

  it('of a role that cannot be used is refused, with the reason', async () => {
    const problem = new DctError('EXPIRED', {
      gun: name,
      role: 'targets/alice',
      expires: 'then',
      now: 'now',
    });
    const facts = { unusable: new Map([['targets/alice' as RoleName, problem]]) };
    const outcome = await run(
      ['list', name, '--role', 'alice'],
      worldOf(trustedRepository({ ...signed, facts })),
    );
    expect(outcome).toMatchObject({ code: 3, stdout: '' });
  });
});

describe('list --digest', () => {
  it.each([
    { content: 'one', tags: ['1.0', 'latest'] },
    { content: 'two', tags: ['2.0'] },
    { content: 'new', tags: [] },
  ])('$content: the tags that stand for it', async ({ content, tags }) => {
    const { code, stdout } = await run(['list', name, '--json', '--digest', sha256(content)], world);
    expect([code, tagsOf(stdout)]).toEqual([0, tags]);
  });

  it('says beside when there is none', async () => {
    const { stdout, stderr } = await run(['list', name, '--digest', sha256('new')], world);
    expect([stdout, stderr]).toEqual(['', `no tag of ${sha256('new')} is signed in ${name}\n`]);
  });

  it('goes together with --role', async () => {
    const { stdout } = await run(
      ['list', name, '--json', '--role', 'bob', '--digest', sha256('other')],
      world,
    );
    expect(tagsOf(stdout)).toEqual(['1.0']);
  });

  it('a half digest is none', async () => {
    const outcome = await run(['list', name, '--json', '--digest', 'sha256:12'], world);
    expect([outcome.code, errorOf(outcome).code]).toEqual([2, 'DIGEST_INVALID']);
  });
});

describe('all that was signed', () => {
  const content = utf8('one');
  const hashes = { sha256: digestOf(content), sha512: digestOf(content, 'sha512') };
  const repository = trustedRepository({ tags: { targets: { '1.0': 'one' } } });
  const meta = repository.targets.data.targets.get('1.0');
  const bytesOf = (digest: string): Uint8Array => Buffer.from(digest, 'hex');
  (repository.targets.data.targets as Map<string, unknown>).set('1.0', {
    ...meta,
    hashes: new Map([
      ['sha256', bytesOf(hashes.sha256.slice(7))],
      ['sha512', bytesOf(hashes.sha512.slice(7))],
      ['unheard-of', utf8('hash')],
    ]),
    custom: { build: 7, by: ['\u001b[2Jci'] },
  });

  it.each(['list', 'verify'])('%s --json has every hash and custom data', async (command) => {
    const { stdout } = await run([command, name, '--json'], worldOf(repository));
    expect(JSON.parse(stdout)).toMatchObject({
      tags: [
        {
          hashes: {
            sha256: hashes.sha256.slice(7),
            sha512: hashes.sha512.slice(7),
            'unheard-of': Buffer.from('hash').toString('hex'),
          },
          custom: { build: 7, by: ['\u001b[2Jci'] },
        },
      ],
    });
  });

  it('list --details shows them to people, and nothing that repaints the terminal (EX-02) (P-58)', async () => {
    const { stdout } = await run(['list', name, '--details'], worldOf(repository));
    expect(stdout.split('\n').slice(0, 4)).toEqual([
      '1.0',
      '  role          targets',
      '  size          3 bytes',
      `  sha256        ${hashes.sha256.slice(7)}`,
    ]);
    expect(stdout).toContain(`  sha512        ${hashes.sha512.slice(7)}\n`);
    expect(stdout).toContain('  custom data   {"build":7,"by":["\\u001b[2Jci"]}\n');
  });

  it('a digest may be named by its SHA-512 too', async () => {
    const { code, stdout } = await run(
      ['list', name, '--json', '--digest', hashes.sha512],
      worldOf(repository),
    );
    expect([code, tagsOf(stdout)]).toEqual([0, ['1.0']]);
    expect(await run(['verify', `${name}@${hashes.sha512}`], worldOf(repository))).toMatchObject({ code: 0 });
  });
});

describe('verify IMAGE@DIGEST', () => {
  it('holds when a signed tag stands for it, and says which', async () => {
    const { code, stdout } = await run(['verify', `${name}@${sha256('one')}`, '--json'], world);
    expect([code, tagsOf(stdout)]).toEqual([0, ['1.0', 'latest']]);
  });

  it('of a tag and its digest holds', async () => {
    const { code, stdout } = await run(['verify', `${name}:latest@${sha256('one')}`, '--json'], world);
    expect([code, tagsOf(stdout)]).toEqual([0, ['latest']]);
  });

  it.each([
    { what: 'a digest that only a signer has signed', reference: `${name}@${sha256('new')}` },
    { what: 'a digest that nobody has signed', reference: `${name}@${sha256('nothing')}` },
    { what: 'the digest of another tag', reference: `${name}:2.0@${sha256('one')}` },
  ])('$what: DIGEST_NOT_SIGNED', async ({ reference }) => {
    const outcome = await run(['verify', reference, '--json'], world);
    expect(outcome).toMatchObject({ code: 3, stdout: '' });
    expect(errorOf(outcome).code).toBe('DIGEST_NOT_SIGNED');
  });
});

describe('--signer', () => {
  it.each([
    { command: 'resolve', reference: `${name}:1.0`, signers: ['alice'] },
    { command: 'resolve', reference: `${name}:1.0`, signers: ['targets/alice', 'ci'] },
    { command: 'verify', reference: `${name}:latest`, signers: ['ci'] },
    // One of the two tags of this content is enough.
    { command: 'verify', reference: `${name}@${sha256('one')}`, signers: ['alice'] },
  ])('$command $reference $signers: lets pass what they signed', async ({ command, reference, signers }) => {
    const options = signers.flatMap((signer) => ['--signer', signer]);
    expect(await run([command, reference, ...options], world)).toMatchObject({ code: 0, stderr: '' });
  });

  it.each([
    { why: 'another content', reference: `${name}:1.0`, signers: ['bob'], missing: 'bob' },
    { why: 'one of two', reference: `${name}:1.0`, signers: ['alice', 'bob'], missing: 'bob' },
    { why: 'not this tag', reference: `${name}:latest`, signers: ['alice'], missing: 'alice' },
    { why: 'nothing at all', reference: `${name}:1.0`, signers: ['silent'], missing: 'silent' },
    { why: 'not theirs to sign (DG-03)', reference: `${name}:2.0`, signers: ['ci'], missing: 'ci' },
    { why: 'no such signer', reference: `${name}:1.0`, signers: ['nobody'], missing: 'nobody' },
  ])('$why: NOT_SIGNED_BY, from resolve and verify', async ({ reference, signers, missing }) => {
    const options = signers.flatMap((signer) => ['--signer', signer]);
    for (const command of ['resolve', 'verify']) {
      const outcome = await run([command, reference, '--json', ...options], world);
      expect(outcome).toMatchObject({ code: 3, stdout: '' });
      expect(errorOf(outcome)).toMatchObject({ code: 'NOT_SIGNED_BY', facts: { signer: missing } });
    }
  });

  it('for a whole repository every tag counts', async () => {
    expect(await run(['verify', name, '--signer', 'alice'], world)).toMatchObject({ code: 3, stdout: '' });
  });

  it('of a signer whose role cannot be used is no signature', async () => {
    const problem = new DctError('EXPIRED', {
      gun: name,
      role: 'targets/alice',
      expires: 'then',
      now: 'now',
    });
    const facts = { unusable: new Map([['targets/alice' as RoleName, problem]]) };
    const outline = { ...signed, facts };
    expect(
      await run(['resolve', `${name}:1.0`, '--signer', 'alice'], worldOf(trustedRepository(outline))),
    ).toMatchObject({ code: 3, stdout: '' });
  });

  it.each(['targets', 'releases', 'targets/releases', ''])('"%s" is no signer', async (signer) => {
    const outcome = await run(['resolve', `${name}:1.0`, '--json', '--signer', signer], world);
    expect([outcome.code, errorOf(outcome).code]).toEqual([2, 'USAGE']);
  });
});
