// `dct sign`: what is signed, in which order things happen, and what is said when only a part was done.
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { digestOf, type Digest } from '../../src/base/digest.ts';
import { DctError } from '../../src/base/errors.ts';
import { instantAt } from '../../src/base/instant.ts';
import type { Registry } from '../../src/registry/types.ts';
import type { PreparedSign, SignPlan } from '../../src/tuf-client/author/index.ts';
import type { Services } from '../../src/cli/services.ts';
import { errorOf, now, run, type World } from './support.ts';
import { id } from './trusted-repository.ts';

const app = 'registry.test/app';
const old = digestOf(utf8('old'));
const digestIn = (content: string): Digest => digestOf(utf8(content));

interface Stage {
  /** Tag to content, by repository path. */
  readonly content?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly plan?: Partial<SignPlan>;
  /** Thrown while preparing or publishing the GUN. */
  readonly failing?: {
    readonly prepare?: Readonly<Record<string, Error>>;
    readonly publish?: Readonly<Record<string, Error>>;
  };
  readonly onPublish?: () => void;
  readonly interrupted?: AbortSignal;
}

/** Records every step in `log`. */
function stage({
  content = { app: { '1.0': 'one', '2.0': 'two' } },
  plan,
  failing,
  onPublish,
  interrupted,
}: Stage = {}) {
  const log: string[] = [];
  const registry: Pick<Registry, 'manifest'> = {
    manifest: (repository, reference) => {
      log.push(`fetch ${repository} ${reference}`);
      const tags = content[repository] ?? {};
      const text = tags[reference] ?? Object.values(tags).find((bytes) => digestIn(bytes) === reference);
      if (text === undefined) return Promise.reject(new DctError('MANIFEST_UNKNOWN', { reference }));
      const bytes = utf8(text);
      return Promise.resolve({
        bytes,
        digest: digestOf(bytes),
        mediaType: 'application/json',
        references: [],
      });
    },
  };
  const prepareSign: Services['prepareSign'] = ({ gun, targets, signer, dryRun }) => {
    log.push(
      `prepare ${gun} ${targets.map(({ name }) => name).join(',')} ${signer ?? '-'} ${String(dryRun)}`,
    );
    const refusal = failing?.prepare?.[gun];
    if (refusal !== undefined) return Promise.reject(refusal);
    const changes = targets.map(({ name, digest }) => ({
      tag: name,
      role: 'targets' as never,
      before: undefined,
      after: digest,
    }));
    const prepared: PreparedSign = {
      plan: {
        gun,
        initialises: false,
        newKeys: [],
        roles: ['targets' as never],
        rolesByTag: new Map(targets.map(({ name }) => [name, plan?.roles ?? ['targets' as never]])),
        changes,
        documents: [],
        ...plan,
      },
      publish: () => {
        log.push(`publish ${gun}`);
        onPublish?.();
        const problem = failing?.publish?.[gun];
        return problem === undefined ? Promise.resolve() : Promise.reject(problem);
      },
    };
    return Promise.resolve(prepared);
  };
  const services = {
    registry: (host: string) => Promise.resolve({ host, ...registry } as Registry),
    prepareSign,
  };
  const world: World = { services, ...(interrupted && { interrupted }) };
  return { log, world };
}

describe('content', () => {
  it('is what the registry serves under the tag now', async () => {
    const { log, world } = stage();
    const { code, stdout } = await run(['sign', `${app}:1.0`], world);
    expect(code).toBe(0);
    expect(stdout).toBe(`signed ${app}:1.0 ${digestIn('one')} in targets\n`);
    expect(log).toEqual(['fetch app 1.0', `prepare ${app} 1.0 - false`, `publish ${app}`]);
  });

  it('--digest is fetched by digest, whatever the tag points to', async () => {
    const { log, world } = stage();
    const { stdout } = await run(['sign', `${app}:1.0`, '--digest', digestIn('two')], world);
    expect(stdout).toContain(digestIn('two'));
    expect(log[0]).toBe(`fetch app ${digestIn('two')}`);
  });

  it('that the registry does not have is not signed', async () => {
    const { log, world } = stage();
    const outcome = await run(['sign', `${app}:3.0`, '--json'], world);
    expect(outcome).toMatchObject({ code: 5, stdout: '' });
    expect(errorOf(outcome).code).toBe('MANIFEST_UNKNOWN');
    expect(log).toEqual(['fetch app 3.0']);
  });

  it('in a refused format is unsuitable rather than an attack', async () => {
    const { world } = stage();
    const manifest = () =>
      Promise.reject(new DctError('MANIFEST_REFUSED', { reference: `${app}:1.0`, problem: 'schema 1' }));
    const registry = () => Promise.resolve({ host: 'registry.test', manifest } as unknown as Registry);
    const outcome = await run(['sign', `${app}:1.0`, '--json'], {
      services: { ...world.services, registry },
    });
    expect(outcome).toMatchObject({ code: 5, stdout: '' });
    expect(errorOf(outcome)).toMatchObject({ code: 'MANIFEST_UNSUITABLE', facts: { problem: 'schema 1' } });
  });
});

describe('several images', () => {
  const content = { app: { '1.0': 'one', '2.0': 'two' }, other: { '1.0': 'three' } };
  const images = [`${app}:1.0`, 'registry.test/other:1.0', `${app}:2.0`, `${app}:1.0`];

  it('of one repository are one publication, and all are prepared before the first is published', async () => {
    const { log, world } = stage({ content });
    expect((await run(['sign', ...images], world)).code).toBe(0);
    const steps = log.filter((line) => !line.startsWith('fetch'));
    expect(steps.slice(0, 2).sort()).toEqual([
      `prepare ${app} 1.0,2.0 - false`,
      'prepare registry.test/other 1.0 - false',
    ]);
    expect(steps.slice(2)).toEqual([`publish ${app}`, 'publish registry.test/other']);
  });

  it('a wrong passphrase for one leaves it unpublished, and the others are signed', async () => {
    const refusal = new DctError('WRONG_PASSPHRASE', {
      keyId: id('a1'),
      role: 'targets',
      source: 'the environment',
    });
    const { log, world } = stage({ content, failing: { prepare: { 'registry.test/other': refusal } } });
    const { code, stdout, stderr } = await run(['sign', ...images], world);
    expect(code).toBe(6);
    expect(stdout).toContain(`signed ${app}:1.0`);
    expect(stdout).not.toContain('registry.test/other');
    expect(stderr).toMatch(/^registry\.test\/other was not signed:\ndct: wrong passphrase/m);
    expect(log.filter((line) => line.startsWith('publish'))).toEqual([`publish ${app}`]);
  });

  it('a refusal for reasons of trust decides the exit code, whichever repository it is about', async () => {
    const missing = new DctError('KEY_MISSING', { gun: app, role: 'targets', keyIds: id('a1') });
    const refusal = new DctError('NO_TRUST_DATA', { gun: 'registry.test/other' });
    const { world } = stage({
      content,
      failing: { prepare: { [app]: missing, 'registry.test/other': refusal } },
    });
    expect(await run(['sign', ...images], world)).toMatchObject({ code: 3, stdout: '' });
  });

  it('are told in the order in which they were named, whichever was first to be done', async () => {
    const names = Array.from({ length: 9 }, (_, i) => `r${i}`);
    const many = Object.fromEntries(names.map((name) => [name, { '1.0': name }]));
    const { log, world } = stage({ content: many });
    const slow = async (gun: string): Promise<void> => {
      for (let turn = 0; gun.endsWith('0') && turn < 50; turn++) await Promise.resolve();
    };
    const prepareSign: Services['prepareSign'] = async (request) => {
      await slow(request.gun);
      return (world.services?.prepareSign as Services['prepareSign'])(request);
    };
    const services = { ...world.services, prepareSign };
    const { stdout } = await run(['sign', ...names.map((name) => `registry.test/${name}:1.0`)], { services });
    expect(stdout.match(/registry\.test\/r\d/g)).toEqual(names.map((name) => `registry.test/${name}`));
    expect(log.filter((line) => line.startsWith('prepare'))[0]).not.toContain('/r0 ');
  });

  it('show progress at a terminal, and nowhere else', async () => {
    const { world } = stage({ content });
    const shown = (await run(['sign', ...images], { ...world, terminal: true })).stderr;
    expect(shown).toContain('2 of 2 repositories');
    expect((await run(['sign', ...images], world)).stderr).not.toContain('of 2 repositories');
  });

  it.each([{ options: [] }, { options: ['--json'] }])(
    'what was published is told when a later one fails: $options',
    async ({ options }) => {
      const problem = new DctError('CONFLICT', { gun: 'registry.test/other', attempts: 8 });
      const { world } = stage({ content, failing: { publish: { 'registry.test/other': problem } } });
      const { code, stdout } = await run(['sign', ...images, ...options], world);
      expect(code).toBe(8);
      expect(stdout).toContain(digestIn('one'));
      expect(stdout).not.toContain(digestIn('three'));
    },
  );

  it('Ctrl-C during a publication: its outcome is told, and nothing more is published (PB-16)', async () => {
    const controller = new AbortController();
    const { log, world } = stage({
      content,
      onPublish: () => controller.abort(),
      interrupted: controller.signal,
    });
    const { code, stdout, stderr } = await run(['sign', ...images], world);
    expect(code).toBe(130);
    expect(stdout).toContain(`signed ${app}:1.0`);
    expect(stderr.match(/interrupted/g)).toHaveLength(1);
    expect(log.filter((line) => line.startsWith('publish'))).toEqual([`publish ${app}`]);
  });
});

describe('words', () => {
  const alice = 'targets/alice' as never;
  const releases = 'targets/releases' as never;
  const after = digestIn('one');

  it('tells what was near its end and is signed again for that', async () => {
    const renews = instantAt(now);
    const expires = instantAt(now + 1000);
    const { world } = stage({
      plan: { documents: [{ role: 'root' as never, version: 2, expires, renews }] },
    });
    const { stderr } = await run(['sign', `${app}:1.0`], world);
    expect(stderr).toContain(`root would end at ${renews.text} and is signed again, until ${expires.text}`);
  });

  it('names every role, and what was there before', async () => {
    const changes = [
      { tag: '1.0', role: releases, before: old, after },
      { tag: '1.0', role: alice, before: undefined, after },
    ];
    const { world } = stage({ plan: { roles: [releases, alice], changes } });
    const { stdout, stderr } = await run(['sign', `${app}:1.0`], world);
    expect(stdout).toBe(`signed ${app}:1.0 ${after} in targets/releases, targets/alice\n`);
    expect(stderr).toBe(
      `1.0 in targets/releases: ${old} -> ${after}\n1.0 in targets/alice: not signed -> ${after}\n`,
    );
  });

  it('says when there was nothing to do', async () => {
    const { world } = stage({ plan: { changes: [] } });
    const { stdout, stderr } = await run(['sign', `${app}:1.0`], world);
    expect(stdout).toBe(`already signed ${app}:1.0 ${after} in targets\n`);
    expect(stderr).toBe('');
  });

  it('announces a new repository and its keys', async () => {
    const newKeys = [
      { role: 'root', keyId: id('a1') },
      { role: 'targets', keyId: id('b1') },
    ];
    const { world } = stage({ plan: { initialises: true, newKeys } });
    const { stderr } = await run(['sign', `${app}:1.0`], world);
    expect(stderr).toContain(
      `${app} had no trust data before\nnew root key ${id('a1')}\nnew targets key ${id('b1')}\n`,
    );
    expect(stderr).toContain('keep a copy of the root key');
  });

  it('--dry-run publishes nothing and says so', async () => {
    const { log, world } = stage();
    const { code, stdout } = await run(['sign', `${app}:1.0`, '--dry-run'], world);
    expect(code).toBe(0);
    expect(stdout).toBe(`would sign ${app}:1.0 ${after} in targets\n`);
    expect(log).toEqual(['fetch app 1.0', `prepare ${app} 1.0 - true`]);
  });

  it('--signer reaches the author', async () => {
    const { log, world } = stage();
    await run(['sign', `${app}:1.0`, '--signer', 'alice'], world);
    expect(log).toContain(`prepare ${app} 1.0 alice false`);
  });

  it('is one JSON document for all images', async () => {
    const documents = [{ role: 'targets' as never, version: 2, expires: instantAt(now) }];
    const { world } = stage({ plan: { documents } });
    const { stdout } = await run(['sign', `${app}:1.0`, `${app}:2.0`, '--json', '--quiet'], world);
    expect(JSON.parse(stdout)).toEqual({
      signed: ['1.0', '2.0'].map((tag, index) => ({
        gun: app,
        tag,
        digest: digestIn(['one', 'two'][index] ?? ''),
        size: 3,
        roles: ['targets'],
        initialised: false,
        dryRun: false,
        changes: [{ role: 'targets', before: null, after: digestIn(['one', 'two'][index] ?? '') }],
      })),
    });
  });
});
