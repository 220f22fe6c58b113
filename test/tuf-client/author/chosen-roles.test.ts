// Signing into named roles, nested ones too (F-029): all of them, only them, and never beyond their paths.
import { expect, test } from 'vitest';
import { prepareSign } from '../../../src/tuf-client/author/index.ts';
import type { RoleName } from '../../../src/tuf-client/model/index.ts';
import { codeOfRejection } from '../../support/code-of.ts';
import { makeKeys } from '../../support/notary-simulator.ts';
import { gun } from '../support.ts';
import { begin, open } from './bundle-support.ts';
import { owner, type Owner } from './change-support.ts';
import { target } from './support.ts';

const [ci, nightly] = ['targets/ci', 'targets/ci/nightly'] as RoleName[] as [RoleName, RoleName];

/** `targets/ci` signs tags that begin with `ci-`, and passes `ci-n` on; the keys of both are here. */
async function nested(): Promise<Owner> {
  const own = await owner();
  const declare = async (role: RoleName, paths: readonly string[]): Promise<void> => {
    const [key] = makeKeys(1);
    if (key === undefined) throw new Error('a key was made');
    await own.change({ kind: 'add-delegation', role, keys: [key.key], paths });
    own.keys.add(role, key.signer);
  };
  await declare(ci, ['ci-']);
  await declare(nightly, ['ci-n']);
  own.server.publications.length = 0;
  return own;
}

test('the tag is in that role, and in no other', async () => {
  const own = await nested();
  const { plan } = await own.sign(['ci-n1'], { roles: [nightly] });
  expect(plan.roles).toEqual([nightly]);
  expect(own.server.publications).toEqual([[nightly]]);
  const { delegations } = await own.fresh();
  expect([...(delegations.get(nightly)?.data.targets.keys() ?? [])]).toEqual(['ci-n1']);
  expect(delegations.get(ci)?.data.targets.size).toBe(0);
  expect(own.warnings).toContainEqual(expect.stringContaining(`signed in ${nightly} only`));
});

test('several roles in one publication, each named once', async () => {
  const own = await nested();
  await own.sign(['ci-n1'], { roles: [ci, nightly, ci] });
  expect(own.server.publications).toEqual([[ci, nightly]]);
});

test('others sign too, in a bundle', async () => {
  const own = await nested();
  const change = { kind: 'sign', targets: [target('ci-n1')], roles: [nightly] } as const;
  const { bytes } = await begin(own, { gun, change });
  await (await open(own, bytes)).publish();
  expect(own.server.publications).toEqual([[nightly]]);
});

test('never what its own paths leave out, nor what those of its parent leave out', async () => {
  const own = await nested();
  expect(await codeOfRejection(own.prepare(['ci-1'], { roles: [nightly] }))).toBe('TAG_NOT_ALLOWED');
  await own.prepare(['ci-n1'], { roles: [nightly] });
  await own.change({ kind: 'add-delegation', role: ci, keys: [], paths: ['v'] });
  await own.change({ kind: 'remove-delegation', role: ci, keys: [], paths: ['ci-'] });
  expect(await codeOfRejection(own.prepare(['ci-n1'], { roles: [nightly] }))).toBe('TAG_NOT_ALLOWED');
});

test('one role that cannot take it keeps all of them from being signed', async () => {
  const own = await nested();
  expect(await codeOfRejection(own.sign(['ci-1'], { roles: [ci, nightly] }))).toBe('TAG_NOT_ALLOWED');
  expect(own.server.publications).toEqual([]);
});

test('a role whose key is elsewhere, a role that nobody declares, a repository that is not there', async () => {
  const own = await nested();
  const elsewhere = own.colleague().prepare(['ci-n1'], { roles: [nightly] });
  expect(await codeOfRejection(elsewhere)).toBe('KEY_MISSING');
  const unknown = ['targets/ci/none' as RoleName];
  expect(await codeOfRejection(own.prepare(['ci-n1'], { roles: unknown }))).toBe('USAGE');
  const request = { gun: 'registry.test/none' as typeof gun, targets: [target('ci-n1')], roles: [nightly] };
  expect(await codeOfRejection(prepareSign(own.author, request))).toBe('NO_TRUST_DATA');
  expect(own.keys.created).toEqual([]);
});
