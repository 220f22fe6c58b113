// Thresholds above one, reached by people on different machines: signatures are collected in a bundle (dialect 10.7).
import { describe, expect, test } from 'vitest';
import { roleNames } from '../../../src/tuf-client/model/index.ts';
import { prepareBundle } from '../../../src/tuf-client/author/index.ts';
import { codeOfRejection } from '../../support/code-of.ts';
import { makeKeys, makeRootKey } from '../../support/notary-simulator.ts';
import { gun } from '../support.ts';
import { alice, begin, bob, cosign, open, pair, signing } from './bundle-support.ts';
import { owner, summary } from './change-support.ts';
import { target } from './support.ts';

const idsOf = (keys: typeof alice): readonly string[] => keys.map(({ signer }) => signer.keyId);

describe('two signers of which both are needed', () => {
  test('neither publishes alone', async () => {
    const rigs = await pair();
    expect(await codeOfRejection(rigs.alice.sign())).toBe('KEY_MISSING');
    const { bytes } = await begin(rigs.alice);
    expect(await codeOfRejection((await open(rigs.bob, bytes)).publish())).toBe('BUNDLE_INCOMPLETE');
    expect(rigs.owner.server.publications).toEqual([]);
  });

  test('the first one begins, the second one adds, anybody publishes', async () => {
    const rigs = await pair();
    const first = await begin(rigs.alice);
    expect(first.plan.signatures).toEqual([
      { role: 'targets/releases', needed: 2, signed: idsOf(alice), missing: idsOf(bob) },
    ]);
    const second = await (await open(rigs.bob, first.bytes)).cosign();
    expect(second).toMatchObject({ added: idsOf(bob), plan: { signatures: [{ missing: [] }] } });
    const nobody = rigs.owner.colleague();
    await (await open(nobody, second.bytes)).publish();
    expect(await nobody.resolved('1.0')).toBe(target('1.0').digest);
    expect(rigs.owner.server.publications).toEqual([['targets/releases']]);
  });

  test('copies that were signed side by side are put together', async () => {
    const keys = [...alice, ...bob, ...makeKeys(1)];
    const own = await owner();
    own.repository
      .delegate('targets/releases', keys, { threshold: 3 })
      .publish('targets', 'targets/releases');
    const [a, b, c] = keys.map((key) => own.colleague(key)) as [typeof own, typeof own, typeof own];
    const { bytes } = await begin(a);
    const copies = [await cosign(b, bytes), await cosign(c, bytes)];
    await (await open(own, ...copies)).publish();
    expect(await own.released()).toEqual(['1.0']);
  });

  test('what is shown is exactly what differs', async () => {
    const rigs = await pair();
    const { plan } = await open(rigs.bob, (await begin(rigs.alice, signing('1.0', '0.9'))).bytes);
    expect(summary(plan)).toEqual(['1.0 in targets/releases: new']);
    expect(plan.documents).toMatchObject([{ role: 'targets/releases', version: 2 }]);
  });

  test('what is signed is shown without a key, and signing without one is refused', async () => {
    const rigs = await pair();
    const { bytes } = await begin(rigs.alice);
    const opened = await open(rigs.owner.colleague(...makeKeys(1)), bytes);
    expect(opened.plan.signatures).toHaveLength(1);
    expect(await codeOfRejection(opened.cosign())).toBe('KEY_MISSING');
  });

  test('signing twice adds nothing', async () => {
    const rigs = await pair();
    const { bytes } = await begin(rigs.alice);
    const again = await (await open(rigs.alice, bytes)).cosign();
    expect(again).toMatchObject({ added: [], bytes });
  });

  test('publishing twice is no error', async () => {
    const rigs = await pair();
    const bytes = await cosign(rigs.bob, (await begin(rigs.alice)).bytes);
    await (await open(rigs.bob, bytes)).publish();
    const again = await open(rigs.alice, bytes);
    expect(again.plan.isPublished).toBe(true);
    await again.publish();
    expect(rigs.owner.server.publications).toHaveLength(1);
  });

  test('nothing to sign makes no bundle', async () => {
    const rigs = await pair();
    expect(await (await prepareBundle(rigs.alice.author, signing('0.9'))).collect()).toBeUndefined();
  });
});

describe('every change can be collected', () => {
  test('a signer, declared by two holders of the targets key', async () => {
    const [one, two] = [makeKeys(1), makeKeys(1)];
    const own = await owner({ keys: { targets: [...one, ...two] }, thresholds: { targets: 2 } });
    const rigs = [own.colleague(...one), own.colleague(...two)] as const;
    const keys = makeKeys(1).map(({ key }) => key);
    const { bytes } = await begin(rigs[0], { gun, change: { kind: 'add-signer', name: 'carol', keys } });
    await (await open(rigs[1], await cosign(rigs[1], bytes))).publish();
    expect((await own.fresh()).targets.data.delegations.map(({ name }) => name)).toEqual([
      'targets/carol',
      'targets/releases',
    ]);
  });

  test('a root, by the keys before it and by those after it (TUF 5.3.4)', async () => {
    const [one, two] = [await makeRootKey(gun), await makeRootKey(gun)];
    const own = await owner({ keys: { root: [one, two] }, thresholds: { root: 2 } });
    const [first, second] = [own.colleague(one), own.colleague(two)];
    const { bytes, plan } = await begin(first, { gun, change: { kind: 'rotate-key', role: 'root' } });
    expect(plan.signatures.map(({ needed, signed }) => [needed, signed.length])).toEqual([
      [2, 1],
      [1, 1],
    ]);
    await (await open(second, await cosign(second, bytes))).publish();
    expect((await own.fresh()).root.data).toMatchObject({ version: 2, roles: { root: { threshold: 1 } } });
  });

  test('with the snapshot key of whoever publishes', async () => {
    const [snapshot] = [makeKeys(1)];
    const own = await owner({ keys: { snapshot } });
    own.repository
      .delegate('targets/releases', [...alice, ...bob], { threshold: 2 })
      .publish('targets', 'targets/releases');
    const { bytes } = await begin(own.colleague(...alice));
    const signed = await cosign(own.colleague(...bob), bytes);
    expect(await codeOfRejection((await open(own.colleague(), signed)).publish())).toBe('KEY_MISSING');
    await (await open(own, signed)).publish();
    expect(own.server.publications).toEqual([['targets/releases', 'snapshot']]);
  });

  test('a repository without trust data has nobody to wait for', async () => {
    const rigs = await pair();
    rigs.owner.server.repositories.clear();
    expect(await codeOfRejection(begin(rigs.owner.colleague(...alice)))).toBe('NO_TRUST_DATA');
  });
});

describe('somebody else publishes in between', () => {
  test('to the same role: the bundle is outdated, and says what changed', async () => {
    const rigs = await pair();
    const bytes = await cosign(rigs.bob, (await begin(rigs.alice)).bytes);
    rigs.owner.repository.tag('1.1', '1.1', 'targets/releases').publish('targets/releases');
    const refusal = await open(rigs.bob, bytes).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: 'BUNDLE_OUTDATED',
      facts: { changes: 'targets/releases was version 1 and has version 2 now' },
    });
  });

  test('while it is being published: nothing of theirs is overwritten', async () => {
    const rigs = await pair();
    const opened = await open(rigs.bob, await cosign(rigs.bob, (await begin(rigs.alice)).bytes));
    rigs.owner.server.beforePublish = () => {
      rigs.owner.server.beforePublish = () => undefined;
      rigs.owner.repository.tag('1.1', '1.1', 'targets/releases').publish('targets/releases');
    };
    expect(await codeOfRejection(opened.publish())).toBe('BUNDLE_OUTDATED');
    expect(await rigs.owner.released()).toEqual(['0.9', '1.1']);
  });

  test('to another role: the bundle stays what it is', async () => {
    const rigs = await pair();
    const bytes = await cosign(rigs.bob, (await begin(rigs.alice)).bytes);
    rigs.owner.repository.tag('other', 'other').publish('targets');
    await (await open(rigs.bob, bytes)).publish();
    expect(await rigs.owner.released()).toEqual(['0.9', '1.0', 'other']);
  });

  test('who takes a signer away: their signature counts no more', async () => {
    const rigs = await pair();
    const bytes = await cosign(rigs.bob, (await begin(rigs.alice)).bytes);
    const { repository } = rigs.owner;
    repository.role(roleNames.releases).keys = [...alice, ...makeKeys(1)];
    repository.role(roleNames.releases).threshold = 1;
    repository.publish('targets');
    expect(await codeOfRejection(open(rigs.alice, bytes))).toBe('BUNDLE_REFUSED');
  });
});
