// Two signers on two machines, and releases that need both of them.
import { readBundle, mergeBundles, openBundle, prepareBundle } from '../../../src/tuf-client/author/index.ts';
import type { BundleFile, BundleRequest, OpenedBundle } from '../../../src/tuf-client/author/index.ts';
import { makeKeys, type ListedKey, type RepositoryOptions } from '../../support/notary-simulator.ts';
import { gun } from '../support.ts';
import { owner, type Owner } from './change-support.ts';
import { target, type AuthorRig } from './support.ts';

export const alice: readonly ListedKey[] = makeKeys(1);
export const bob: readonly ListedKey[] = makeKeys(1);

export interface Pair {
  readonly owner: Owner;
  readonly alice: AuthorRig;
  readonly bob: AuthorRig;
}

/** `targets/releases` needs both; 0.9 was published by both before. */
export async function pair(options: RepositoryOptions = {}): Promise<Pair> {
  const own = await owner(options);
  own.repository
    .delegate('targets/releases', [...alice, ...bob], { threshold: 2 })
    .tag('0.9', '0.9', 'targets/releases')
    .publish('targets', 'targets/releases');
  return { owner: own, alice: own.colleague(...alice), bob: own.colleague(...bob) };
}

export const signing = (...tags: readonly string[]): BundleRequest => ({
  gun,
  change: { kind: 'sign', targets: tags.map((tag) => target(tag)), signer: undefined },
});

/** What `dct sign --offline-bundle FILE IMAGE:TAG` writes. */
export async function begin(rig: AuthorRig, request = signing('1.0')): Promise<BundleFile> {
  const file = await (await prepareBundle(rig.author, request)).collect();
  if (file === undefined) throw new Error('there was nothing to sign');
  return file;
}

export function open(rig: AuthorRig, ...copies: readonly Uint8Array[]): Promise<OpenedBundle> {
  return openBundle(rig.author, mergeBundles(copies.map((bytes) => readBundle(bytes))));
}

export async function cosign(rig: AuthorRig, bytes: Uint8Array): Promise<Uint8Array> {
  return (await (await open(rig, bytes)).cosign()).bytes;
}
