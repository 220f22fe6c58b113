// Keys of delegations, named by the beginnings of their ids: one key, or an error that lists those it could be.
import { describe, expect, it, test } from 'vitest';
import { DctError } from '../../../src/base/errors.ts';
import { keyNamed, type ListedKey } from '../../../src/tuf-client/author/edits/key-named.ts';
import type { Change } from '../../../src/tuf-client/author/index.ts';
import type { KeyId, RoleName } from '../../../src/tuf-client/model/index.ts';
import { codeOfRejection } from '../../support/code-of.ts';
import { makeKeys } from '../../support/notary-simulator.ts';
import { owner } from './change-support.ts';

const id = (beginning: string): KeyId => beginning.padEnd(64, '0') as KeyId;
const bare = (beginning: string): ListedKey => ({ listed: id(beginning), canonical: id(beginning) });
const certificate = { listed: id('cccccccc'), canonical: id('aaaaaaa9') };
const keys = [bare('aaaaaaa1'), bare('aaaaaaa2'), bare('bbbbbbbb'), certificate];

describe('the beginning of an id', () => {
  it.each([
    ['bbbbbbb', id('bbbbbbbb')],
    [id('aaaaaaa2'), id('aaaaaaa2')],
    ['ccccccc', certificate.canonical],
    ['aaaaaaa9', certificate.canonical],
    ['ddddddd', undefined],
  ])('%s is of %s', (text, found) => {
    expect(keyNamed(text, keys)).toBe(found);
  });

  it('of several keys lists them', () => {
    const expected = new DctError('KEY_AMBIGUOUS', {
      text: 'aaaaaaa',
      keyIds: [id('aaaaaaa1'), id('aaaaaaa2'), id('aaaaaaa9')].join(', '),
    });
    expect(() => keyNamed('aaaaaaa', keys)).toThrow(expected.message);
  });

  it('of one key that is listed twice is no question', () => {
    expect(keyNamed('bbbbbbb', [...keys, bare('bbbbbbbb')])).toBe(id('bbbbbbbb'));
  });
});

const ci = 'targets/ci' as RoleName;

test.each<readonly [string, (beginning: string) => Change]>([
  ['delegation remove', (key) => ({ kind: 'remove-delegation', role: ci, keys: [key], paths: [] })],
  ['delegation purge', (key) => ({ kind: 'purge-keys', keys: [key] })],
])('%s takes the key whose id begins like that, and no other', async (_, change) => {
  const rig = await owner();
  const [going, staying] = makeKeys(2);
  if (going === undefined || staying === undefined) throw new Error('two keys were made');
  const declared = [going.key, staying.key];
  await rig.change({ kind: 'add-delegation', role: ci, keys: declared, paths: [''] });
  const plan = await rig.change(change(going.id.slice(0, 7)));
  expect(plan.differences).toMatchObject([{ role: ci, after: { keys: [staying.id] } }]);
  expect(await codeOfRejection(rig.change(change(going.id.slice(0, 7))))).toBe('USAGE');
});
