// `dct inspect` against the outputs of `docker trust inspect`, byte for byte.
import { describe, expect, it } from 'vitest';
import { DctError } from '../../src/base/errors.ts';
import type { TrustedRepository } from '../../src/tuf-client/types.ts';
import { run, trustDoor } from './support.ts';
import { hex, id, trustedRepository } from './trusted-repository.ts';

const name = 'registry.test/app';

const adminOnly = trustedRepository({ tags: { targets: { '1': 'one', '10': 'ten', '2': 'two' } } });

const withSigners = trustedRepository({
  signers: {
    'targets/releases': [id('a1'), id('b1'), id('f2'), id('f1')],
    'targets/bob': [id('b1')],
    'targets/alice': [id('a1')],
    'targets/team': [id('f2'), id('f1')],
  },
  tags: {
    'targets/releases': { '1': 'one', '2': 'two', '3': 'three' },
    'targets/bob': { '1': 'one', '3': 'three' },
    'targets/alice': { '1': 'one', '2': 'two', unreleased: 'never', '3': 'another three' },
  },
});

/** Keeps count: one command is one question for each repository. */
function serving(repositories: Readonly<Record<string, TrustedRepository>>) {
  const asked: string[] = [];
  const update = (gun: string): Promise<TrustedRepository> => {
    asked.push(gun);
    const repository = repositories[gun];
    if (repository === undefined) return Promise.reject(new DctError('NO_TRUST_DATA', { gun }));
    return Promise.resolve(repository);
  };
  return { asked, services: { trust: trustDoor(update) } };
}

describe('JSON', () => {
  it('signed by the repository key only', async () => {
    const { stdout, stderr, code } = await run(['inspect', name], serving({ [name]: adminOnly }));
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toBe(`[
    {
        "Name": "registry.test/app",
        "SignedTags": [
            {
                "SignedTag": "1",
                "Digest": "${hex('one')}",
                "Signers": [
                    "Repo Admin"
                ]
            },
            {
                "SignedTag": "2",
                "Digest": "${hex('two')}",
                "Signers": [
                    "Repo Admin"
                ]
            },
            {
                "SignedTag": "10",
                "Digest": "${hex('ten')}",
                "Signers": [
                    "Repo Admin"
                ]
            }
        ],
        "Signers": [],
        "AdministrativeKeys": [
            {
                "Name": "Root",
                "Keys": [
                    {
                        "ID": "${id('aa')}"
                    }
                ]
            },
            {
                "Name": "Repository",
                "Keys": [
                    {
                        "ID": "${id('bb')}"
                    }
                ]
            }
        ]
    }
]
`);
  });

  it('with signers: names descending, only those who signed the released content', async () => {
    const { stdout } = await run(['inspect', name], serving({ [name]: withSigners }));
    expect(JSON.parse(stdout)).toMatchObject([
      {
        SignedTags: [
          { SignedTag: '1', Digest: hex('one'), Signers: ['bob', 'alice'] },
          { SignedTag: '2', Digest: hex('two'), Signers: ['alice'] },
          { SignedTag: '3', Digest: hex('three'), Signers: ['bob'] },
        ],
        Signers: [
          { Name: 'team', Keys: [{ ID: id('f2') }, { ID: id('f1') }] },
          { Name: 'bob', Keys: [{ ID: id('b1') }] },
          { Name: 'alice', Keys: [{ ID: id('a1') }] },
        ],
      },
    ]);
  });

  it('one tag, and a tag that is not signed in a repository that is', async () => {
    const world = serving({ [name]: withSigners });
    const { stdout, code } = await run(['inspect', `${name}:2`, `${name}:nope`], world);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      { Name: `${name}:2`, SignedTags: [{ SignedTag: '2' }] },
      { Name: `${name}:nope`, SignedTags: [], Signers: [{}, {}, {}] },
    ]);
    expect(world.asked).toEqual([name]);
  });

  it('a delegation speaks only for the names that it was given', async () => {
    const repository = trustedRepository({
      signers: {
        'targets/releases': [id('a1')],
        'targets/alice': [id('a1')],
        'targets/alice/ci': [id('c1')],
      },
      paths: { 'targets/releases': ['v'], 'targets/alice': ['v1'], 'targets/alice/ci': [''] },
      tags: {
        'targets/releases': { v1: 'x', v2: 'y', w: 'z' },
        'targets/alice': { v1: 'x', v2: 'y' },
        'targets/alice/ci': { v1: 'x', v2: 'y' },
      },
    });
    const { stdout } = await run(['inspect', name], serving({ [name]: repository }));
    const [{ SignedTags: tags }] = JSON.parse(stdout) as [{ SignedTags: unknown }];
    expect(tags).toMatchObject([
      { SignedTag: 'v1', Signers: ['alice', 'alice/ci'] },
      { SignedTag: 'v2', Signers: ['Repo Admin'] },
    ]);
  });

  it.each([[[]], [['--json']], [['--pretty', '--json']]])('is the same with %j', async (options) => {
    const world = serving({ [name]: withSigners });
    expect((await run(['inspect', name, ...options], world)).stdout).toBe(
      (await run(['inspect', name], world)).stdout,
    );
  });
});

describe('--pretty', () => {
  it('with signers', async () => {
    const { stdout } = await run(['inspect', '--pretty', name], serving({ [name]: withSigners }));
    expect(stdout).toBe(`
Signatures for registry.test/app

SIGNED TAG   DIGEST                                                             SIGNERS
1            ${hex('one')}   alice, bob
2            ${hex('two')}   alice
3            ${hex('three')}   bob

List of signers and their keys for registry.test/app

SIGNER    KEYS
alice     a10000000000
bob       b10000000000
team      f10000000000, f20000000000

Administrative keys for registry.test/app

  Repository Key:\t${id('bb')}
  Root Key:\t${id('aa')}
`);
  });

  it('signed by the repository key only', async () => {
    const { stdout } = await run(['inspect', '--pretty', `${name}:2`], serving({ [name]: adminOnly }));
    expect(stdout).toBe(`
Signatures for registry.test/app:2

SIGNED TAG   DIGEST                                                             SIGNERS
2            ${hex('two')}   (Repo Admin)

Administrative keys for registry.test/app:2

  Repository Key:\t${id('bb')}
  Root Key:\t${id('aa')}
`);
  });

  it('nothing signed', async () => {
    const repository = trustedRepository({
      signers: { 'targets/bob': [id('b1')] },
      repositoryKeys: [id('b9'), id('b2')],
    });
    const { stdout } = await run(['inspect', '--pretty', `${name}:nope`], serving({ [name]: repository }));
    expect(stdout).toBe(`
No signatures for registry.test/app:nope


List of signers and their keys for registry.test/app:nope

SIGNER    KEYS
bob       b10000000000

Administrative keys for registry.test/app:nope

  Repository Key:\t${id('b2')}, ${id('b9')}
  Root Key:\t${id('aa')}
`);
  });

  it('EX-02: a hostile tag neither repaints the screen nor moves a column', async () => {
    const repository = trustedRepository({ tags: { targets: { 'a\u001b[2J': 'x', b: 'y' } } });
    const { stdout } = await run(['inspect', '--pretty', name], serving({ [name]: repository }));
    expect(stdout).toContain(`a\\u001b[2J   ${hex('x')}`);
    expect(stdout).toContain(`b            ${hex('y')}`);
  });
});

describe('what is worth a look is said beside it', () => {
  const [a, b, c] = [id('a1'), id('b1'), id('c1')];
  const highTargets = trustedRepository();
  const high = {
    ...highTargets,
    targets: { ...highTargets.targets, data: { ...highTargets.targets.data, version: 2 ** 31 } },
  };

  it.each<[string, TrustedRepository, string]>([
    [
      'RT-26: one key for root and targets',
      trustedRepository({ rootKeys: [a], repositoryKeys: [a] }),
      `one key, ${a}, signs for root and targets: give each role a key of its own`,
    ],
    [
      'TY-05: one key for two signers',
      trustedRepository({ signers: { 'targets/alice': [a, b], 'targets/bob': [c, b] } }),
      `one key, ${b}, signs for targets/alice and targets/bob: give each role a key of its own`,
    ],
    [
      'DG-04: a path that is a prefix',
      trustedRepository({ signers: { 'targets/ci': [a] }, paths: { 'targets/ci': ['v1'] } }),
      'targets/ci may sign every tag that begins with "v1", "v10" too',
    ],
    [
      'EX-02: a hostile path',
      trustedRepository({ signers: { 'targets/ci': [a] }, paths: { 'targets/ci': ['\u001b[2J'] } }),
      'targets/ci may sign every tag that begins with "\\u001b[2J", "\\u001b[2J0" too',
    ],
    [
      'FF-01, FF-03: a version that nobody reaches',
      high,
      'targets has version 2147483648, which no honest publishing reaches: rotate its keys to begin anew',
    ],
  ])('%s', async (_, repository, remark) => {
    const { code, stdout, stderr } = await run(
      ['inspect', name, `${name}:1`],
      serving({ [name]: repository }),
    );
    expect([code, JSON.parse(stdout)]).toMatchObject([0, [{ Name: name }, { Name: `${name}:1` }]]);
    expect(stderr).toBe(`warning: ${name}: ${remark}\n`);
  });

  it('and nothing of a repository as Docker makes it', async () => {
    expect((await run(['inspect', name], serving({ [name]: withSigners }))).stderr).toBe('');
  });
});

describe('several arguments, one bad', () => {
  const names = [`${name}:1`, 'registry.test/none', `${name}:2`];

  it.each([{ options: [] }, { options: ['--pretty'] }])(
    'the good ones are shown, the error follows: $options (P-48)',
    async ({ options }) => {
      const { code, stdout, stderr } = await run(
        ['inspect', ...names, ...options],
        serving({ [name]: adminOnly }),
      );
      expect(code).toBe(3);
      for (const shown of [hex('one'), hex('two')]) expect(stdout).toContain(shown);
      expect(stderr).toMatch(/^dct: there is no trust data for registry\.test\/none\nnext: .+\n$/);
    },
  );

  it('none good: an empty array (P-48)', async () => {
    expect(await run(['inspect', 'registry.test/none'], serving({}))).toMatchObject({
      code: 3,
      stdout: '[]\n',
    });
    expect(await run(['inspect', '--pretty', 'registry.test/none'], serving({}))).toMatchObject({
      code: 3,
      stdout: '',
    });
  });
});
