// `dct key list --all`: also the keys whose private half is elsewhere, which no other tool can list.
import { expect, it } from 'vitest';
import type { KeyKeeper, KeyStore } from '../../src/keystore/index.ts';
import type { Services } from '../../src/cli/services.ts';
import { run } from './support.ts';
import { id } from './trusted-repository.ts';

const services: Partial<Services> = {
  keyStore: () =>
    Promise.resolve({
      survey: () =>
        Promise.resolve({
          keys: [{ keyId: id('a1'), role: 'alice', encrypted: true, file: '/keys/a1.key' }],
          unreadable: [],
        }),
    } as unknown as KeyStore),
  keyKeeper: () =>
    Promise.resolve({
      mentions: () =>
        Promise.resolve(
          new Map([
            [id('a1'), [{ gun: 'r.test/a', role: 'targets/alice' }]],
            [id('c3'), [{ gun: 'r.test/a', role: 'targets/carol' }]],
            [
              id('b2'),
              [
                { gun: 'r.test/b', role: 'root' },
                { gun: 'r.test/a', role: 'root' },
              ],
            ],
          ]),
        ),
    } as unknown as KeyKeeper),
};

it('lists them behind the keys that are here, by role and repository', async () => {
  const { stdout } = await run(['key', 'list', '--all'], { services });
  const rows = stdout.trimEnd().split('\n').slice(1);
  expect(rows.map((row) => row.replace(/0{20,}/, '~').split(/ {2,}/))).toEqual([
    ['alice', 'a1~', 'yes', '-', '/keys'],
    ['root', 'b2~', '-', 'r.test/a', 'public half only'],
    ['root', 'b2~', '-', 'r.test/b', 'public half only'],
    ['targets/carol', 'c3~', '-', 'r.test/a', 'public half only'],
  ]);
});

it('has them apart in JSON', async () => {
  const { stdout } = await run(['key', 'list', '--all', '--json'], { services });
  expect(JSON.parse(stdout)).toMatchObject({
    keys: [{ keyId: id('a1') }],
    publicOnly: [{ keyId: id('b2'), gun: 'r.test/a', role: 'root', file: null }, {}, { keyId: id('c3') }],
  });
});
