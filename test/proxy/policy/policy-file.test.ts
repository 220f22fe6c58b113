// PO-02: a policy file that changes while the proxy runs, on a real file system.
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Context } from '../../../src/cli/context.ts';
import { localFiles } from '../../../src/cli/local-files.ts';
import { openPolicy } from '../../../src/cli/open-policy.ts';
import { MeterRegistry, type PolicyView } from '../../../src/proxy/index.ts';
import { gunOf } from '../fakes.ts';

const passing = '{"rules": [{"match": "**", "require": "pass"}]}';
const signing = '{"rules": [{"match": "**", "require": "signed"}]}';
const broken = '{"rules": [{"match": "**", "require": "sigend"}]}';

const ends: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

class Rig {
  readonly directory: string;
  readonly file: string;
  readonly meters = new MeterRegistry();
  hangUp: () => void = () => undefined;
  #policy: PolicyView | undefined;
  #heard: (line: string) => void = () => undefined;

  constructor(directory: string) {
    this.directory = directory;
    this.file = join(directory, 'policy.json');
  }

  async open(file = this.file): Promise<this> {
    const say = (line: string): void => {
      this.#heard(line);
    };
    const world = {
      io: {
        workingDirectory: '/',
        files: localFiles,
        onHangup: (listener: () => void) => (this.hangUp = listener),
      },
      console: { warn: say, info: say, debug: () => undefined },
    } as unknown as Context;
    const opened = await openPolicy(world, { policy: file }, this.meters);
    ends.push(() => opened.close());
    this.#policy = opened.options.policy;
    return this;
  }

  /** Until a notice says this, once `change` has happened. What is written in place may be read half way, too. */
  async after(change: () => Promise<void> | void, says = 'was replaced'): Promise<void> {
    const heard = new Promise<void>((resolve) => {
      this.#heard = (line) => {
        if (line.includes(says)) resolve();
      };
    });
    await change();
    await heard;
  }

  get rule(): string | undefined {
    return this.#policy?.ruleFor(gunOf('app'))?.require;
  }
}

async function rigWith(text: string): Promise<Rig> {
  const directory = await mkdtemp(join(tmpdir(), 'dct-policy-'));
  ends.push(() => rm(directory, { recursive: true }));
  const rig = new Rig(directory);
  await writeFile(rig.file, text);
  return rig;
}

describe('PO-02: at the start', () => {
  it('a file that is missing is an error', async () => {
    const rig = await rigWith(passing);
    await expect(rig.open(join(rig.directory, 'other.json'))).rejects.toMatchObject({
      code: 'POLICY_INVALID',
      facts: { path: '$' },
    });
  });

  it('a file that is wrong is an error', async () => {
    await expect((await rigWith(broken)).open()).rejects.toMatchObject({
      code: 'POLICY_INVALID',
      facts: { path: '$.rules[0].require' },
    });
  });
});

describe('PO-02: while the proxy runs, a new policy is in force as soon as it is', () => {
  it('written in place', async () => {
    const rig = await (await rigWith(passing)).open();
    expect(rig.rule).toBe('pass');
    await rig.after(() => writeFile(rig.file, signing));
    expect(rig.rule).toBe('signed');
  });

  it('renamed over the old one, as editors do, again and again', async () => {
    const rig = await (await rigWith(passing)).open();
    for (const [text, rule] of [
      [signing, 'signed'],
      [passing, 'pass'],
    ] as const) {
      await writeFile(`${rig.file}.new`, text);
      await rig.after(() => rename(`${rig.file}.new`, rig.file));
      expect(rig.rule).toBe(rule);
    }
  });

  it('moved behind links, as Kubernetes does', async () => {
    const rig = await rigWith(passing);
    const mount = join(rig.directory, 'mount');
    for (const [version, text] of [
      ['..1', passing],
      ['..2', signing],
    ] as const) {
      await mkdir(join(mount, version), { recursive: true });
      await writeFile(join(mount, version, 'policy.json'), text);
    }
    await symlink('..1', join(mount, '..data'));
    await symlink('..data/policy.json', join(mount, 'policy.json'));
    await rig.open(join(mount, 'policy.json'));
    expect(rig.rule).toBe('pass');
    await symlink('..2', join(mount, '..data_tmp'));
    await rig.after(() => rename(join(mount, '..data_tmp'), join(mount, '..data')));
    expect(rig.rule).toBe('signed');
  });

  it('asked for by SIGHUP', async () => {
    const rig = await (await rigWith(passing)).open();
    await rig.after(async () => {
      await writeFile(rig.file, signing);
      rig.hangUp();
    });
    expect(rig.rule).toBe('signed');
  });
});

describe('PO-02: the old policy stays, and it is said aloud and counted', () => {
  it.each<{ name: string; change: (file: string) => Promise<void>; says: string }>([
    {
      name: 'when the new one is wrong',
      change: (file) => writeFile(file, broken),
      says: '$.rules[0].require',
    },
    { name: 'when it is empty', change: (file) => writeFile(file, ''), says: 'stays as it was' },
    { name: 'when the file is removed', change: (file) => rm(file), says: 'no such file' },
    {
      name: 'when something else takes its place',
      change: async (file) => {
        await rm(file);
        await mkdir(file);
      },
      says: 'stays as it was',
    },
  ])('$name', async ({ change, says }) => {
    const rig = await (await rigWith(signing)).open();
    await rig.after(() => change(rig.file), says);
    expect(rig.rule).toBe('signed');
    expect(rig.meters.render()).toMatch(/policy_reloads_total\{outcome="failed"\} [1-9]/);
  });

  it('until there is a right one again', async () => {
    const rig = await (await rigWith(signing)).open();
    await rig.after(() => rm(rig.file), 'no such file');
    await rig.after(() => writeFile(rig.file, passing));
    expect(rig.rule).toBe('pass');
    expect(rig.meters.render()).toMatch(/policy_reloads_total\{outcome="ok"\} [1-9]/);
  });
});
