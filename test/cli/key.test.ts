// `dct key generate` and `dct key list`: what they print about keys, and what they never do.
import { describe, expect, it } from 'vitest';
import { DctError } from '../../src/base/errors.ts';
import type { KeySurvey, KeyStore } from '../../src/keystore/index.ts';
import type { Services } from '../../src/cli/services.ts';
import { run } from './support.ts';
import { id } from './trusted-repository.ts';

function store(door: Partial<KeyStore>): { services: Partial<Services> } {
  return { services: { keyStore: () => Promise.resolve(door as KeyStore) } };
}

describe('key list', () => {
  const listing: KeySurvey = {
    keys: [
      { keyId: id('c3'), role: 'targets', gun: 'registry.test/b', encrypted: true, file: '/keys/c3.key' },
      { keyId: id('b2'), role: 'targets', gun: 'registry.test/a', encrypted: true, file: '/keys/b2.key' },
      { keyId: id('a1'), role: '', encrypted: false, file: '/keys/a1.key' },
      { keyId: id('d4'), role: 'alice\u001b[2J', encrypted: true, file: '/keys/d4.key' },
    ],
    unreadable: [new DctError('KEY_FORMAT', { file: '/keys/bad.key', problem: 'it is empty' })],
  };

  it('is a table by role and repository; what cannot be read is a warning', async () => {
    const { code, stdout, stderr } = await run(
      ['key', 'list'],
      store({ survey: () => Promise.resolve(listing) }),
    );
    expect(code).toBe(0);
    expect(stdout.replaceAll(/0{20,}/g, '~')).toBe(
      [
        `ROLE             KEY ID${' '.repeat(61)}ENCRYPTED   REPOSITORY        LOCATION`,
        '-                a1~   NO          -                 /keys',
        'alice\\u001b[2J   d4~   yes         -                 /keys',
        'targets          b2~   yes         registry.test/a   /keys',
        'targets          c3~   yes         registry.test/b   /keys',
        '',
      ].join('\n'),
    );
    expect(stderr).toBe('warning: /keys/bad.key cannot be read as a private key: it is empty\n');
  });

  it('is JSON with both', async () => {
    const { stdout } = await run(
      ['key', 'list', '--json'],
      store({ survey: () => Promise.resolve(listing) }),
    );
    expect(JSON.parse(stdout)).toMatchObject({
      keys: [
        { role: '', gun: null, encrypted: false },
        {},
        { role: 'targets', keyId: id('b2'), file: '/keys/b2.key' },
        {},
      ],
      unreadable: [{ code: 'KEY_FORMAT', facts: { file: '/keys/bad.key' } }],
    });
  });

  it('of nothing is empty', async () => {
    const empty = store({ survey: () => Promise.resolve({ keys: [], unreadable: [] }) });
    expect(await run(['key', 'list'], empty)).toMatchObject({ code: 0, stdout: '' });
    expect(JSON.parse((await run(['key', 'list', '--json'], empty)).stdout)).toEqual({
      keys: [],
      unreadable: [],
    });
  });
});

describe('key generate', () => {
  it.each([
    { options: [], directory: '/project' },
    { options: ['--dir', 'keys'], directory: '/project/keys' },
    { options: ['--dir', '/elsewhere'], directory: '/elsewhere' },
  ])('writes the public half to $directory with $options', async ({ options, directory }) => {
    const generateNamed: KeyStore['generateNamed'] = (name, given) =>
      Promise.resolve({ keyId: id('a1'), publicKeyFile: `${given}/${name}.pub`, publicKeyPem: 'PEM' });
    const { code, stdout } = await run(['key', 'generate', 'alice', ...options], store({ generateNamed }));
    expect(code).toBe(0);
    expect(stdout).toBe(`created alice key ${id('a1')}\npublic key: ${directory}/alice.pub\n`);
  });

  it('says why not', async () => {
    const generateNamed = () => Promise.reject(new DctError('KEY_EXISTS', { file: '/project/alice.pub' }));
    expect(await run(['key', 'generate', 'alice'], store({ generateNamed }))).toMatchObject({
      code: 6,
      stdout: '',
    });
  });
});
