// The life of a trust repository in steps, each of which dct, docker trust and notary can write in their own words.
import { join } from 'node:path';
import { succeeds, type RunOptions, type User } from './clients.ts';
import { buildImage, pushImage, type Image } from './image.ts';
import { addTargets } from './repositories.ts';

export type Tool = 'dct' | 'docker trust' | 'notary';
export const tools: readonly Tool[] = ['dct', 'docker trust', 'notary'];

/** A repository with its people, and what everybody has to read in it. */
export interface Life {
  readonly repository: string;
  /** Holds the root, targets and snapshot keys, and the key of the signer alice. */
  readonly owner: User;
  /** Holds the key of the signer bob, and nothing else. */
  readonly bob: User;
  /** For docker trust: the engine, and the program. */
  readonly engine: RunOptions;
  /** Puts an image into the registry. */
  push(tag: string): Promise<Image>;
  /** Tag → its content, and who signed it. */
  readonly signed: Map<string, { readonly image: Image; readonly signers: readonly string[] }>;
}

export interface Step {
  readonly name: string;
  /** A tool that is not here has no such command. */
  readonly write: Partial<Record<Tool, (life: Life) => Promise<unknown>>>;
}

/** Signs what the registry has under `tag` now, or what was signed there before. */
function sign(name: 'alice' | 'bob', tag: string): Step {
  const as = ({ owner, bob }: Life): User => (name === 'alice' ? owner : bob);
  const noted = (how: (life: Life, image: Image) => Promise<unknown>) => async (life: Life) => {
    const { image, signers } = life.signed.get(tag) ?? { image: await life.push(tag), signers: [] };
    await how(life, image);
    life.signed.set(tag, { image, signers: [...new Set([...signers, name])].sort() });
  };
  return {
    name: `${name} signs ${tag}`,
    write: {
      dct: noted((life) => succeeds(as(life).dct(['sign', `${life.repository}:${tag}`]))),
      'docker trust': noted((life) =>
        succeeds(as(life).dockerTrust(['sign', `${life.repository}:${tag}`], life.engine)),
      ),
      notary: noted((life, image) =>
        addTargets(as(life), life.repository, { [tag]: image }, [`targets/${name}`, 'targets/releases']),
      ),
    },
  };
}

/** Makes a signer's key; answers the file of its public half. */
async function generate(user: User, name: string, tool: Tool): Promise<string> {
  const args = ['key', 'generate', name, '--dir', user.home];
  // Notary's own command knows no names.
  await succeeds(tool === 'dct' ? user.dct(args) : user.dockerTrust(args));
  return join(user.home, `${name}.pub`);
}

function addSigner(name: 'alice' | 'bob'): Step {
  const key = (life: Life, tool: Tool): Promise<string> =>
    generate(name === 'alice' ? life.owner : life.bob, name, tool);
  return {
    name: name === 'alice' ? 'initialise with the signer alice' : `add the signer ${name}`,
    write: {
      dct: async (life) =>
        succeeds(life.owner.dct(['signer', 'add', '--key', await key(life, 'dct'), name, life.repository])),
      'docker trust': async (life) =>
        succeeds(
          life.owner.dockerTrust(
            ['signer', 'add', '--key', await key(life, 'docker trust'), name, life.repository],
            life.engine,
          ),
        ),
      notary: async (life) => {
        const { owner, repository } = life;
        const file = await key(life, 'notary');
        if (name === 'alice') {
          await succeeds(owner.notary(['init', '--publish', repository]));
          await succeeds(owner.notary(['key', 'rotate', repository, 'snapshot', '--server-managed']));
        }
        for (const role of [`targets/${name}`, 'targets/releases'])
          await succeeds(
            owner.notary(['delegation', 'add', '--publish', repository, role, file, '--all-paths']),
          );
      },
    },
  };
}

/** Only for tags that nobody but alice signed: neither docker trust nor notary can take bob's entry out (P-20). */
function revoke(tag: string): Step {
  const noted = (how: (life: Life) => Promise<unknown>) => async (life: Life) => {
    await how(life);
    life.signed.delete(tag);
  };
  return {
    name: `revoke ${tag}`,
    write: {
      dct: noted(({ owner, repository }) => succeeds(owner.dct(['revoke', '-y', `${repository}:${tag}`]))),
      'docker trust': noted(({ owner, repository, engine }) =>
        succeeds(owner.dockerTrust(['revoke', '-y', `${repository}:${tag}`], engine)),
      ),
      notary: noted(({ owner, repository }) =>
        succeeds(
          owner.notary([
            ...['remove', '--publish', repository, tag],
            ...['--roles', 'targets/alice', '--roles', 'targets/releases'],
          ]),
        ),
      ),
    },
  };
}

/** Only after alice signed a tag of her own: a list signed by bob alone would be left without a valid signature by notary (P-04). */
const removeBob: Step = {
  name: 'remove the signer bob',
  write: {
    dct: (life) =>
      bobIsGone(life, succeeds(life.owner.dct(['signer', 'remove', '-y', 'bob', life.repository]))),
    'docker trust': (life) =>
      bobIsGone(
        life,
        succeeds(life.owner.dockerTrust(['signer', 'remove', 'bob', life.repository], life.engine)),
      ),
    notary: async (life) => {
      const { owner, repository } = life;
      const { stdout } = await succeeds(owner.notary(['delegation', 'list', repository]));
      const [, keyId = ''] = /^targets\/bob\s.*?\s([0-9a-f]{64})\s/mu.exec(stdout) ?? [];
      const remove = ['delegation', 'remove', '--publish', repository];
      await succeeds(owner.notary([...remove, 'targets/releases', keyId]));
      await bobIsGone(life, succeeds(owner.notary([...remove, '--yes', 'targets/bob'])));
    },
  },
};

async function bobIsGone(life: Life, removed: Promise<unknown>): Promise<void> {
  await removed;
  for (const [tag, { image, signers }] of life.signed)
    life.signed.set(tag, { image, signers: signers.filter((name) => name !== 'bob') });
}

/** docker trust rotates nothing. */
function rotate(role: string, dct: readonly string[], notary: readonly string[]): Step {
  return {
    name: `rotate the ${role} key ${dct.join(' ')}`.trimEnd(),
    write: {
      dct: ({ owner, repository }) => succeeds(owner.dct(['key', 'rotate', '-y', repository, role, ...dct])),
      notary: ({ owner, repository }) =>
        succeeds(owner.notary(['key', 'rotate', repository, role, ...notary], { input: 'yes\n' })),
    },
  };
}

/** docker trust knows signers only. Nothing is signed there, because docker trust would not show it. */
const delegate: Step = {
  name: 'declare a delegation for some tags',
  write: {
    dct: ({ owner, repository }) =>
      succeeds(
        owner.dct([
          ...['delegation', 'add', repository, 'targets/ci', 'alice.pub'],
          '--paths',
          'ci-,nightly-',
        ]),
      ),
    notary: ({ owner, repository }) =>
      succeeds(
        owner.notary([
          ...['delegation', 'add', '--publish', repository, 'targets/ci', 'alice.pub'],
          ...['--paths', 'ci-,nightly-'],
        ]),
      ),
  },
};

/** In an order in which each of the tools can do its part. */
export const steps: readonly Step[] = [
  addSigner('alice'),
  sign('alice', 'one'),
  rotate('root', [], []),
  addSigner('bob'),
  rotate('timestamp', [], ['--server-managed']),
  sign('bob', 'one'),
  rotate('targets', [], []),
  sign('alice', 'two'),
  rotate('snapshot', ['--client-managed'], []),
  revoke('two'),
  rotate('snapshot', ['--server-managed'], ['--server-managed']),
  sign('alice', 'three'),
  removeBob,
  delegate,
  sign('alice', 'four'),
];

/**
 * Who writes which step: nine columns (Bose's orthogonal array), so that at every step each tool follows each other
 * one, itself included, exactly once. Where docker trust has no command, notary takes its place.
 */
export const chains: readonly (readonly Tool[])[] = [0, 1, 2].flatMap((stride) =>
  [0, 1, 2].map((first) =>
    steps.map(({ write }, step) => {
      const tool = tools[(first + step * stride) % 3] as Tool;
      return write[tool] === undefined ? 'notary' : tool;
    }),
  ),
);

/** What a repository holds when its images are made by `push`. */
export function beginLife(
  people: Pick<Life, 'repository' | 'owner' | 'bob' | 'engine'>,
  registry: { readonly url: string; pathOf(repository: string): string },
): Life {
  return {
    ...people,
    signed: new Map(),
    push: async (tag) => {
      const image = buildImage();
      await pushImage(registry.url, registry.pathOf(people.repository), image, tag);
      return image;
    },
  };
}
