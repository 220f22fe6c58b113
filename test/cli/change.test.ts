// Commands that change trust data: what they ask the author for, when they ask the user, and what they say.
import { describe, expect, it } from 'vitest';
import { DctError } from '../../src/base/errors.ts';
import { instantAt } from '../../src/base/instant.ts';
import type { Services } from '../../src/cli/services.ts';
import type { ChangePlan, ChangeRequest } from '../../src/tuf-client/author/index.ts';
import { makeSigner } from '../support/notary-simulator.ts';
import { errorOf, run, type World } from './support.ts';
import { id } from './trusted-repository.ts';

const app = 'registry.test/app';
const other = 'registry.test/other';
const signer = makeSigner();
const pem = publicPem();

function publicPem(): string {
  const base64 = Buffer.from(signer.publicKey.value).toString('base64');
  return `-----BEGIN PUBLIC KEY-----\nrole: alice\n\n${base64}\n-----END PUBLIC KEY-----\n`;
}

interface Stage {
  readonly plan?: Partial<ChangePlan>;
  /** Thrown by `publish` of this GUN. */
  readonly failing?: Readonly<Record<string, Error>>;
}

/** An author that records what it is asked, and whose plans all change one document. */
function stage({ plan, failing = {} }: Stage = {}) {
  const requests: ChangeRequest[] = [];
  const published: string[] = [];
  const prepareChange: Services['prepareChange'] = (request) => {
    requests.push(request);
    const { gun } = request;
    const expires = instantAt(Date.UTC(2033, 0, 1));
    const made: ChangePlan = {
      gun,
      initialises: false,
      newKeys: [],
      documents: [{ role: 'targets' as never, version: 7, expires }],
      differences: [],
      lostTags: [],
      remarks: [],
      ...plan,
    };
    const publish = (): Promise<ChangePlan> => {
      const problem = failing[gun];
      if (problem !== undefined) return Promise.reject(problem);
      published.push(gun);
      return Promise.resolve(made);
    };
    return Promise.resolve({ plan: made, publish });
  };
  const keyStore = { held: (ids: readonly never[]) => Promise.resolve(ids) };
  const services = { prepareChange, keyStore: () => Promise.resolve(keyStore as never) };
  const world: World = { services, files: { '/project/alice.pub': pem } };
  return { requests, published, world };
}

describe('what is asked for', () => {
  const key = { type: 'ecdsa', value: signer.publicKey.value };
  it.each<readonly [string, ChangeRequest['change']]>([
    [
      `signer add --key alice.pub alice ${app}`,
      { kind: 'add-signer', name: 'alice', keys: [key], replace: undefined },
    ],
    [`signer remove alice ${app} --resign`, { kind: 'remove-signer', name: 'alice', resign: true }],
    [
      `delegation add ${app} targets/a alice.pub --paths a,b --paths c --threshold 1`,
      {
        kind: 'add-delegation',
        role: 'targets/a' as never,
        keys: [key],
        paths: ['a', 'b', 'c'],
        threshold: 1,
        replace: false,
      },
    ],
    [
      `delegation remove ${app} targets/a --all-paths -y`,
      { kind: 'remove-delegation', role: 'targets/a' as never, keys: [], paths: [''] },
    ],
    [`delegation purge ${app} --key ${id('aa')} -y`, { kind: 'purge-keys', keys: [id('aa')] }],
    [
      `delegation remove ${app} targets/a aaaaaaa`,
      { kind: 'remove-delegation', role: 'targets/a' as never, keys: ['aaaaaaa'], paths: [] },
    ],
    [`witness ${app} targets/a root`, { kind: 'witness', roles: ['targets/a', 'root'] as never }],
    [`revoke ${app}:1.0`, { kind: 'revoke', tags: ['1.0'] }],
    [`revoke ${app} -y`, { kind: 'revoke', tags: undefined }],
    [
      `key rotate ${app} snapshot --client-managed`,
      { kind: 'rotate-key', role: 'snapshot', management: 'client', key: undefined },
    ],
    [
      `key rotate ${app} targets --key alice.pub`,
      { kind: 'rotate-key', role: 'targets', management: undefined, key: signer.keyId },
    ],
  ])('dct %s', async (line, change) => {
    const { requests, published, world } = stage();
    expect(await run(line.split(' '), world)).toMatchObject({ code: 0, stderr: '' });
    expect(requests).toEqual([{ gun: app, change }]);
    expect(published).toEqual([app]);
  });

  it.each([
    [`signer add alice ${app}`, 'USAGE'],
    [`signer add --key alice.pub alice ${app}:1.0`, 'USAGE'],
    [`signer add --key none.pub alice ${app}`, 'KEY_REFUSED'],
    [`signer remove alice`, 'USAGE'],
    [`delegation add ${app} ci alice.pub`, 'USAGE'],
    [`delegation add ${app} targets alice.pub`, 'USAGE'],
    [`delegation add ${app} targets/a alice.pub --threshold 0`, 'USAGE'],
    [`delegation add ${app} targets/a alice.pub --paths ,`, 'USAGE'],
    [`delegation remove ${app} targets/a aaaaaa`, 'USAGE'],
    // As from a variable that is empty; without paths, all of the delegation would go.
    [`delegation remove ${app} targets/a -y --paths `, 'USAGE'],
    [`delegation remove ${app} targets/a -y --paths a --paths ,`, 'USAGE'],
    [`signer add --key none.pub Alice ${app}`, 'USAGE'],
    [`signer add --key none.pub alice ${app}:1.0`, 'USAGE'],
    [`signer remove releases ${app}`, 'USAGE'],
    [`delegation purge ${app}`, 'USAGE'],
    [`witness ${app} snapshot`, 'USAGE'],
    [`revoke ${app}@sha256:${'0'.repeat(64)}`, 'USAGE'],
    [`key rotate ${app} targets/releases`, 'USAGE'],
    [`key rotate ${app} snapshot --server-managed --client-managed`, 'USAGE'],
  ])('dct %s: %s', async (line, code) => {
    const { requests, world } = stage();
    const outcome = await run([...line.split(' '), '--json'], world);
    expect(errorOf(outcome).code).toBe(code);
    expect(requests).toEqual([]);
  });
});

it('the keys of a delegation are replaced with what dct key rotate names then', async () => {
  const { world } = stage();
  const { next } = errorOf(await run(['key', 'rotate', app, 'targets/ci', '--json'], world));
  expect(next).toContain('dct delegation remove IMAGE ROLE KEY-ID');
});

describe('before something is done that is hard to take back', () => {
  const lost = { lostTags: ['1.0'] };
  it.each<readonly [string, Partial<ChangePlan>, boolean]>([
    [`signer remove alice ${app}`, lost, true],
    [`signer remove alice ${app}`, {}, false],
    [`revoke ${app}`, lost, true],
    [`revoke ${app}:1.0`, lost, false],
    [`key rotate ${app} root`, {}, true],
    [`key rotate ${app} targets`, {}, false],
    [`delegation remove ${app} targets/a`, {}, true],
    [`delegation remove ${app} targets/a --paths a`, {}, false],
    [`delegation remove ${app} targets/a --paths a`, lost, true],
    [`delegation purge ${app} --key ${id('aa')}`, {}, true],
    [`witness ${app} targets/a`, { remarks: ['it had expired'] }, true],
    [`witness ${app} targets/a`, {}, false],
  ])('dct %s, with %j: asks %s (P-62)', async (line, plan, asks) => {
    const words = line.split(' ');
    const { published, world } = stage({ plan });
    const silent = await run(words, world);
    expect(silent.code).toBe(asks ? 9 : 0);
    expect(published).toEqual(asks ? [] : [app]);
    if (!asks) return;
    expect(await run([...words, '-y'], world)).toMatchObject({ code: 0 });
    expect(await run([...words, '--dry-run'], world)).toMatchObject({ code: 0 });
    expect(published).toEqual([app]);
  });
});

describe('what is said', () => {
  const plan: Partial<ChangePlan> = {
    newKeys: [{ role: 'targets', keyId: id('ee') }],
    differences: [
      { kind: 'role', role: 'targets/b' as never, before: { keys: [id('aa')], threshold: 1, paths: [''] } },
      {
        kind: 'role',
        role: 'targets/c' as never,
        after: { keys: [id('aa'), 'new'], threshold: 2, paths: ['x'] },
      },
    ],
    lostTags: ['1.0'],
  };

  it('a dry run says exactly what would differ, and publishes nothing (P-61)', async () => {
    const { published, world } = stage({ plan });
    const { stdout } = await run(['signer', 'remove', 'b', app, '--dry-run'], world);
    expect(stdout.split('\n')).toEqual([
      `would remove signer b from ${app}`,
      `  new targets key ${id('ee')}`,
      `  targets/b: removed (${id('aa')}, all tags)`,
      `  targets/c: new, ${id('aa')}, a new key, 2 signatures needed, tags that begin with x`,
      '  1.0 is not signed any more',
      '  targets version 7, valid until 2033-01-01T00:00:00Z',
      '',
    ]);
    expect(published).toEqual([]);
  });

  it('--json has the same', async () => {
    const { world } = stage({ plan });
    const { stdout } = await run(['signer', 'remove', 'b', app, '-y', '--json'], world);
    expect(JSON.parse(stdout)).toMatchObject({
      changes: [
        {
          gun: app,
          dryRun: false,
          changed: true,
          lostTags: ['1.0'],
          documents: [{ role: 'targets', version: 7, expires: '2033-01-01T00:00:00Z', renews: null }],
        },
      ],
    });
  });

  it('nothing to do is said, and nobody is asked', async () => {
    const { world } = stage({ plan: { documents: [] } });
    const { code, stdout } = await run(['key', 'rotate', app, 'root'], world);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `the root key of ${app}: nothing to do\n` });
  });

  it('what was published is told even when a later repository fails', async () => {
    const conflict = new DctError('CONFLICT', { gun: other, attempts: 8 });
    const { published, world } = stage({ failing: { [other]: conflict } });
    const outcome = await run(['signer', 'remove', 'b', app, other, '-y'], world);
    expect(outcome.code).toBe(8);
    expect(outcome.stdout).toContain(`removed signer b from ${app}`);
    expect(outcome.stdout).not.toContain(other);
    expect(published).toEqual([app]);
  });
});
