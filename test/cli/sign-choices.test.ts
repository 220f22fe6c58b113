// `dct sign`: which tags, whose content, into which roles, and with which root key a repository begins.
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { digestOf } from '../../src/base/digest.ts';
import type { Services } from '../../src/cli/services.ts';
import type { Registry } from '../../src/registry/types.ts';
import type { SignRequest } from '../../src/tuf-client/author/index.ts';
import { errorOf, run, trustDoor, type Outcome } from './support.ts';
import { id, trustedRepository } from './trusted-repository.ts';

const app = 'registry.test/app';
const old = 'old.test/app';
const digestIn = (content: string): string => digestOf(utf8(content));

interface Stage {
  /** What the registry lists, and serves under the tag or its digest: the tag itself is the content. */
  readonly tags?: readonly string[];
  /** What is signed under the old name. */
  readonly signed?: Readonly<Record<string, string>>;
  readonly keyRole?: string;
}

function stage({ tags = ['2.0', '1.0'], signed = { '1.0': '1.0' }, keyRole = 'root' }: Stage = {}) {
  const requests: SignRequest[] = [];
  const registry: Pick<Registry, 'manifest' | 'tags'> = {
    tags: () => Promise.resolve(tags),
    manifest: (_repository, reference) => {
      const content = tags.find((tag) => tag === reference || digestIn(tag) === reference);
      if (content === undefined) return Promise.reject(new Error(`nothing is served for ${reference}`));
      const bytes = utf8(content);
      return Promise.resolve({ bytes, digest: digestOf(bytes), mediaType: 'a/b', references: [] });
    },
  };
  const prepareSign: Services['prepareSign'] = (request) => {
    requests.push(request);
    const { gun } = request;
    const nothing = { initialises: false, newKeys: [], roles: [], rolesByTag: new Map<string, never>() };
    const plan = { gun, ...nothing, changes: [], documents: [], remarks: ['a remark'] };
    return Promise.resolve({ plan, publish: () => Promise.resolve() });
  };
  const key = { keyId: id('ab'), role: keyRole, encrypted: true, file: '/k' };
  const services: Partial<Services> = {
    registry: () => Promise.resolve(registry as Registry),
    prepareSign,
    trust: trustDoor(() => Promise.resolve(trustedRepository({ gun: old, tags: { targets: signed } }))),
    keyKeeper: () => Promise.resolve({ find: () => Promise.resolve(key) } as never),
  };
  const sign = (...words: readonly string[]): Promise<Outcome> => run(['sign', ...words], { services });
  const targets = (): readonly (readonly [string, string])[] =>
    requests.flatMap((request) => request.targets.map(({ name, digest }) => [name, digest] as const));
  return { requests, sign, targets };
}

describe('F-019: --all-tags', () => {
  it('is what the registry lists now, in one publication', async () => {
    const { requests, sign, targets } = stage();
    expect((await sign(app, '--all-tags')).code).toBe(0);
    expect(requests).toHaveLength(1);
    expect(targets()).toEqual([
      ['2.0', digestIn('2.0')],
      ['1.0', digestIn('1.0')],
    ]);
  });

  it('a dry run shows all of them', async () => {
    const { stdout } = await stage().sign(app, '--all-tags', '--dry-run');
    for (const tag of ['1.0', '2.0']) expect(stdout).toContain(`${app}:${tag} ${digestIn(tag)}`);
  });

  it.each<readonly [string, Stage, readonly string[], string]>([
    ['with a tag', {}, [`${app}:1.0`], 'USAGE'],
    ['with a digest', {}, [app, '--digest', digestIn('x')], 'USAGE'],
    ['of a repository without tags', { tags: [] }, [app], 'USAGE'],
    [
      'of a registry that lists what is no tag (EX-02)',
      { tags: ['1.0', '-\u001b[2J'] },
      [app],
      'REFERENCE_INVALID',
    ],
  ])('not %s', async (_, given, words, code) => {
    const { requests, sign } = stage(given);
    expect(errorOf(await sign(...words, '--all-tags', '--json')).code).toBe(code);
    expect(requests).toEqual([]);
  });
});

describe('P-63: --from signs under a new name what is signed under the old one', () => {
  it('that content, whatever the new registry serves under the tag now', async () => {
    const { sign, targets } = stage({ signed: { stable: '1.0' } });
    expect((await sign(`${app}:2.0`, '--from', `${old}:stable`)).code).toBe(0);
    expect(targets()).toEqual([['2.0', digestIn('1.0')]]);
  });

  it('without a tag: every tag under its own name; with --all-tags everything that is signed', async () => {
    const signed = { '1.0': '1.0', moved: '2.0' };
    const named = stage({ signed });
    await named.sign(`${app}:moved`, '--from', old);
    expect(named.targets()).toEqual([['moved', digestIn('2.0')]]);
    const all = stage({ signed });
    await all.sign(app, '--all-tags', '--from', old);
    expect([...all.targets()].sort()).toEqual([
      ['1.0', digestIn('1.0')],
      ['moved', digestIn('2.0')],
    ]);
  });

  it.each<readonly [string, readonly string[], string]>([
    ['a tag that is not signed there', [`${app}:2.0`, '--from', old], 'NOT_SIGNED'],
    ['one tag for two', [`${app}:1.0`, `${app}:2.0`, '--from', `${old}:1.0`], 'USAGE'],
    ['for two repositories', [`${app}:1.0`, 'registry.test/b:1.0', '--from', old], 'USAGE'],
    ['itself', [`${app}:1.0`, '--from', app], 'USAGE'],
    ['with a digest too', [`${app}:1.0`, '--from', old, '--digest', digestIn('x')], 'USAGE'],
    ['a digest', [`${app}:1.0`, '--from', `${old}@${digestIn('x')}`], 'USAGE'],
  ])('not %s', async (_, words, code) => {
    const { requests, sign } = stage();
    expect(errorOf(await sign(...words, '--json')).code).toBe(code);
    expect(requests).toEqual([]);
  });
});

describe('as whom', () => {
  it.each(['Alice', 'releases', 'a b', ''])(
    '--signer "%s" is no name, which is told before anything is asked',
    async (name) => {
      const outcome = await run(['sign', `${app}:1.0`, '--signer', name, '--json'], { services: {} });
      expect(errorOf(outcome).code).toBe('USAGE');
    },
  );

  it('F-029: --role, as often as wanted', async () => {
    const { requests, sign } = stage();
    await sign(`${app}:1.0`, '--role', 'targets/a/b', '--role', 'targets/c');
    expect(requests).toMatchObject([{ roles: ['targets/a/b', 'targets/c'], signer: undefined }]);
  });

  it.each([
    ['--role', 'targets'],
    ['--role', 'ci'],
    ['--role', 'targets/a', '--signer', 'alice'],
  ])('not %s %s', async (...words) => {
    const outcome = await run(['sign', `${app}:1.0`, ...words, '--json'], { services: {} });
    expect(errorOf(outcome).code).toBe('USAGE');
  });
});

describe('P-30: the root key of a new repository', () => {
  it('is chosen by the beginning of its id', async () => {
    const { requests, sign } = stage();
    const { stderr } = await sign(`${app}:1.0`, '--root-key', 'abababa');
    expect(requests).toMatchObject([{ root: { key: id('ab') } }]);
    expect(stderr).toContain('a remark\n');
  });

  it('is not chosen where nothing is said', async () => {
    const { requests, sign } = stage();
    await sign(`${app}:1.0`);
    expect(requests).toMatchObject([{ root: undefined }]);
  });

  it.each<readonly [string, Stage, readonly string[]]>([
    ['a key of another role', { keyRole: 'alice' }, ['--root-key', 'abababa']],
    ['a certificate that is not there', {}, ['--root-cert', 'none.pem']],
  ])('is not %s', async (_, given, words) => {
    const { requests, sign } = stage(given);
    expect(errorOf(await sign(`${app}:1.0`, ...words, '--json')).code).toBe('KEY_REFUSED');
    expect(requests).toEqual([]);
  });
});
