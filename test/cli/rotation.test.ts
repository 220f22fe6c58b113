// `dct key rotate`: which key takes the place of the old one, and in which repositories.
import { describe, expect, it } from 'vitest';
import { DctError } from '../../src/base/errors.ts';
import { instantAt } from '../../src/base/instant.ts';
import type { Services } from '../../src/cli/services.ts';
import type { KeyKeeper, PreparedImport } from '../../src/keystore/index.ts';
import type { ChangePlan, ChangeRequest } from '../../src/tuf-client/author/index.ts';
import { errorOf, run, type World } from './support.ts';
import { id } from './trusted-repository.ts';

const app = 'registry.test/app';
const [other, third] = ['registry.test/other', 'registry.test/third'];
const privateKey = '-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n';

type Imported = Partial<PreparedImport['keys'][number]>;

function stage(imported: Imported = {}, failing: readonly string[] = []) {
  const requests: ChangeRequest[] = [];
  const log: string[] = [];
  const prepareChange: Services['prepareChange'] = (request) => {
    requests.push(request);
    const { gun } = request;
    const documents = [{ role: 'root' as never, version: 2, expires: instantAt(0) }];
    const plan: ChangePlan = {
      gun,
      initialises: false,
      newKeys: [],
      documents,
      differences: [],
      lostTags: [],
      remarks: [],
    };
    const publish = (): Promise<ChangePlan> => {
      if (failing.includes(gun)) return Promise.reject(new DctError('CONFLICT', { gun, attempts: 1 }));
      log.push(`publish ${gun}`);
      return Promise.resolve(plan);
    };
    return Promise.resolve({ plan, publish });
  };
  const keeper: Pick<KeyKeeper, 'find' | 'prepareImport'> = {
    find: (text) => Promise.resolve({ keyId: id(text.slice(0, 2)) } as never),
    prepareImport: (_sources, { defaultRole, gun }) => {
      log.push(`open for ${defaultRole} of ${gun ?? 'nothing'}`);
      const key = { keyId: id('ab'), role: defaultRole, from: 'key.pem', file: '/k', state: 'new' } as const;
      const store = (): Promise<void> => Promise.resolve(void log.push('store'));
      return Promise.resolve({ keys: [{ ...key, ...imported }], store });
    },
  };
  const services = { prepareChange, keyKeeper: () => Promise.resolve(keeper as KeyKeeper) };
  const world: World = { services, files: { '/project/key.pem': privateKey } };
  const rotate = (...words: readonly string[]): ReturnType<typeof run> =>
    run(['key', 'rotate', ...words], world);
  return { requests, log, rotate };
}

describe('F-110: the key that is given', () => {
  it('by the beginning of its id', async () => {
    const { requests, rotate } = stage();
    expect((await rotate(app, 'targets', '--key', 'abababa')).code).toBe(0);
    expect(requests).toMatchObject([{ change: { role: 'targets', key: id('ab') } }]);
  });

  it('as a private key: it is taken into the trust directory, then used', async () => {
    const { requests, log, rotate } = stage();
    expect((await rotate(app, 'targets', '--key', 'key.pem')).code).toBe(0);
    expect(requests).toMatchObject([{ change: { key: id('ab') } }]);
    expect(log).toEqual([`open for targets of ${app}`, 'store', `publish ${app}`]);
  });

  it('as a private key that is here already: nothing is stored', async () => {
    const { log, rotate } = stage({ state: 'present' });
    expect((await rotate(app, 'targets', '--key', 'key.pem', '--dry-run')).code).toBe(0);
    expect(log).toEqual([`open for targets of ${app}`]);
  });

  it.each<readonly [string, Imported, readonly string[], string]>([
    ['one of another role', { role: 'alice' }, [], 'KEY_REFUSED'],
    ['one of another repository', { gun: other }, [], 'KEY_REFUSED'],
    ['one that a dry run would have to store', {}, ['--dry-run'], 'USAGE'],
    ['one for several repositories', {}, ['--also', other], 'USAGE'],
  ])('not as %s', async (_, imported, options, code) => {
    const { requests, log, rotate } = stage(imported);
    const outcome = await rotate(app, 'targets', '--key', 'key.pem', '--json', ...options);
    expect(errorOf(outcome).code).toBe(code);
    expect(requests).toEqual([]);
    expect(log).not.toContain('store');
  });
});

describe('F-112: several repositories', () => {
  it('are prepared before one is asked about or published, each once', async () => {
    const { requests, log, rotate } = stage();
    const several = [app, 'root', '--also', other, '--also', third, '--also', app];
    const asked = await rotate(...several, '--json');
    expect(asked.code).toBe(9);
    expect(asked.stderr).toContain(`Replace the root key of ${app}, ${other}, ${third}?`);
    expect(log).toEqual([]);
    const { code, stdout } = await rotate(...several, '-y');
    expect(code).toBe(0);
    for (const gun of [app, other, third]) expect(stdout).toContain(`rotated the root key of ${gun}\n`);
    expect(requests.slice(3).map(({ gun }) => gun)).toEqual([app, other, third]);
    expect([...log].sort()).toEqual([app, other, third].map((gun) => `publish ${gun}`));
  });

  it('one that fails keeps no other from being rotated', async () => {
    const { log, rotate } = stage({}, [app]);
    const { code, stderr } = await rotate(app, 'snapshot', '--also', other);
    expect(code).toBe(8);
    expect(stderr).toContain(`${app} was not changed:`);
    expect(log).toEqual([`publish ${other}`]);
  });
});
