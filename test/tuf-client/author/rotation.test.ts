// Rotation of the four base roles' keys: what is published, who signs it, and that everybody can follow (dialect 11).
import { describe, expect, test } from 'vitest';
import { DctError, isDctError } from '../../../src/base/errors.ts';
import { prepareChange, type Change } from '../../../src/tuf-client/author/index.ts';
import type { BaseRole } from '../../../src/tuf-client/model/index.ts';
import { codeOfRejection } from '../../support/code-of.ts';
import { dayMs, makeKeys, makeSigner } from '../../support/notary-simulator.ts';
import { gun, versionsOf } from '../support.ts';
import { owner, summary, type Owner } from './change-support.ts';
import { makeAuthorRig, target } from './support.ts';

const rotate = (role: BaseRole, rest: Partial<Extract<Change, { kind: 'rotate-key' }>> = {}): Change => ({
  kind: 'rotate-key',
  role,
  ...rest,
});

/** An owner with one signed tag, whose client and one other reader have seen it. */
async function signed(options: Parameters<typeof owner>[0] = {}): Promise<Owner> {
  const rig = await owner(options);
  await rig.sign(['1.0']);
  return rig;
}

const keysOf = async (rig: Owner, role: BaseRole): Promise<readonly string[]> =>
  (await rig.fresh()).root.data.roles[role].keyIds;

const last = ({ server }: Owner): readonly string[] | undefined => server.publications.at(-1);

/** Key ids of a file's signatures. */
function signersOf(bytes: Uint8Array): readonly string[] {
  const { signatures } = JSON.parse(Buffer.from(bytes).toString()) as { signatures: { keyid: string }[] };
  return signatures.map(({ keyid }) => keyid);
}

const withOwnSnapshot = { keys: { snapshot: makeKeys(1) } };

describe('what is published', () => {
  test.each<readonly [string, Change, Parameters<typeof owner>[0], readonly string[]]>([
    ['root', rotate('root'), {}, ['root']],
    ['targets: root and targets together', rotate('targets'), {}, ['root', 'targets']],
    ['timestamp', rotate('timestamp'), {}, ['root']],
    ['snapshot of the server', rotate('snapshot'), {}, ['root']],
    ['snapshot to this machine', rotate('snapshot', { management: 'client' }), {}, ['root', 'snapshot']],
    ['snapshot of this machine', rotate('snapshot'), withOwnSnapshot, ['root', 'snapshot']],
    ['snapshot to the server', rotate('snapshot', { management: 'server' }), withOwnSnapshot, ['root']],
    ['root, snapshot key here', rotate('root'), withOwnSnapshot, ['root', 'snapshot']],
  ])('%s', async (_, change, options, roles) => {
    const rig = await signed(options);
    const role = (change as { role: BaseRole }).role;
    const before = await keysOf(rig, role);
    const plan = await rig.change(change);
    expect(last(rig)).toEqual(roles);
    expect(plan.documents.map((document) => document.role)).toEqual(roles);
    expect(plan.newKeys).toHaveLength(1);
    expect(summary(plan)).toEqual([`${role}: 1/1 -> 1/1`]);
    expect(await keysOf(rig, role)).not.toEqual(before);
    expect(await rig.released()).toEqual(['1.0']);
    await rig.sign(['2.0']);
    expect(await rig.released()).toEqual(['1.0', '2.0']);
  });

  test('a new root is signed by the old key and the new one, later ones by the new one alone', async () => {
    const rig = await signed();
    const [old] = await keysOf(rig, 'root');
    await rig.change(rotate('root'));
    const [next] = await keysOf(rig, 'root');
    expect([...signersOf((await rig.fresh()).root.bytes)].sort()).toEqual([old, next].sort());
    expect((await rig.fresh()).root.data.keys.has(old as never), 'the old key stays in the table').toBe(true);
    await rig.change(rotate('targets'));
    expect(signersOf((await rig.fresh()).root.bytes)).toEqual([next]);
  });

  test('of other roles the old key leaves the table', async () => {
    const rig = await signed();
    const [old] = await keysOf(rig, 'targets');
    await rig.change(rotate('targets'));
    expect((await rig.fresh()).root.data.keys.has(old as never)).toBe(false);
  });

  test('many rotations in a row: a reader from the first day follows all of them', async () => {
    const rig = await signed();
    const reader = rig.colleague();
    await reader.client.update(gun);
    for (const role of ['root', 'targets', 'root', 'snapshot', 'timestamp', 'root'] as const)
      await rig.change(rotate(role));
    const trusted = await reader.client.update(gun);
    expect(trusted.root.data.version).toBe(7);
    expect(trusted.targets.data.targets.has('1.0')).toBe(true);
  });

  test('signers and their tags are not touched by a rotation of targets', async () => {
    const rig = await signed();
    const alice = makeKeys(1);
    await rig.change({ kind: 'add-signer', name: 'alice', keys: alice.map(({ key }) => key) });
    await rig.colleague(...alice).sign(['2.0']);
    const before = versionsOf(await rig.fresh());
    await rig.change(rotate('targets'));
    const after = versionsOf(await rig.fresh());
    expect(after['targets/releases']).toBe(before['targets/releases']);
    expect(await rig.released()).toEqual(['1.0', '2.0']);
  });

  test('a threshold above one falls to the one key that there is then', async () => {
    const targets = makeKeys(2);
    const rig = await signed({ keys: { targets }, thresholds: { targets: 2 } });
    expect(summary(await rig.change(rotate('targets')))).toEqual(['targets: 2/2 -> 1/1']);
  });
});

describe('keys', () => {
  test('old private keys stay (dialect trap 25)', async () => {
    const rig = await signed();
    const before = rig.keys.stored.map(({ signer }) => signer.keyId);
    await rig.change(rotate('root'));
    await rig.change(rotate('targets'));
    expect(await rig.keys.held(before)).toEqual(before);
    expect(rig.keys.created).toEqual(['root', 'targets']);
  });

  test('--key: one that is here already', async () => {
    const rig = await signed();
    const [root, targets] = [rig.keys.add('root'), rig.keys.add('targets', makeSigner('ed25519'), gun)];
    await rig.change(rotate('root', { key: root.keyId }));
    await rig.change(rotate('targets', { key: targets.keyId }));
    expect(rig.keys.created).toEqual([]);
    expect(await keysOf(rig, 'targets')).toEqual([targets.keyId]);
    expect(await rig.released()).toEqual(['1.0']);
  });

  test('--key: not the one that it is about', async () => {
    const rig = await signed();
    const [key] = (await keysOf(rig, 'targets')) as [never];
    expect(await codeOfRejection(rig.change(rotate('targets', { key })))).toBe('USAGE');
  });

  test('an Ed25519 key cannot be a root key', async () => {
    const rig = await signed();
    const { keyId } = rig.keys.add('root', makeSigner('ed25519'));
    expect(await codeOfRejection(rig.change(rotate('root', { key: keyId })))).toBe('KEY_REFUSED');
    expect(rig.server.publications).toHaveLength(1);
  });

  test.each(['root', 'targets'] as const)(
    'a wrong passphrase of the %s key changes nothing',
    async (role) => {
      const rig = await signed();
      for (const { role: stored, signer } of rig.keys.stored)
        if (stored === 'root') rig.keys.locked.add(signer.keyId);
      const before = rig.files.copy();
      expect(await codeOfRejection(rig.change(rotate(role)))).toBe('WRONG_PASSPHRASE');
      expect(rig.keys.created).toEqual([]);
      expect(rig.server.publications).toHaveLength(1);
      expect(rig.files.differences(before)).toEqual([]);
    },
  );

  test('without the old root key nothing can be rotated, and nothing is made (PB-12)', async () => {
    const rig = await signed();
    const other = rig.colleague();
    const change = prepareChange(other.author, { gun, change: rotate('root') });
    const error: unknown = await change.catch((reason: unknown) => reason);
    expect(isDctError(error, 'KEY_MISSING') && error.facts['role']).toBe('root');
    expect(other.keys.created).toEqual([]);
  });

  test('a key that the server cannot sign with is refused before anything is published (PB-03)', async () => {
    const rig = await signed();
    rig.server.rotateServerKey = () => Promise.resolve({ type: 'ed25519', value: Uint8Array.of(1) });
    expect(await codeOfRejection(rig.change(rotate('timestamp')))).toBe('SERVER_KEY_REFUSED');
    expect(rig.server.publications).toHaveLength(1);
  });

  test('a failed publication leaves the old state and the new key, and the next attempt succeeds', async () => {
    const rig = await signed();
    rig.server.beforePublish = () => {
      throw new DctError('UNREACHABLE', { origin: 'https://notary.test', problem: 'refused' });
    };
    expect(await codeOfRejection(rig.change(rotate('root')))).toBe('UNREACHABLE');
    rig.server.beforePublish = () => undefined;
    expect(await rig.released()).toEqual(['1.0']);
    await rig.change(rotate('root'));
    expect((await rig.fresh()).root.data.version).toBe(2);
  });
});

describe('who may hold which key', () => {
  test.each<readonly [BaseRole, Partial<Extract<Change, { kind: 'rotate-key' }>>]>([
    ['root', { management: 'server' }],
    ['targets', { management: 'server' }],
    ['timestamp', { management: 'client' }],
    ['timestamp', { key: '0'.repeat(64) as never }],
    ['snapshot', { management: 'server', key: '0'.repeat(64) as never }],
  ])('%s: not %j', async (role, rest) => {
    const rig = await signed();
    expect(await codeOfRejection(rig.change(rotate(role, rest)))).toBe('USAGE');
    expect(rig.keys.created).toEqual([]);
  });
});

describe('preview and conflicts', () => {
  test.each(['root', 'targets', 'snapshot', 'timestamp'] as const)('of %s makes no key', async (role) => {
    const rig = await signed();
    const rotated = rig.server.rotateServerKey.bind(rig.server);
    let asked = 0;
    rig.server.rotateServerKey = (...given) => {
      asked++;
      return rotated(...given);
    };
    const plan = await rig.preview(rotate(role));
    expect(plan.documents.map((document) => document.role)).toContain('root');
    expect(plan.differences).toMatchObject([{ role, after: { keys: ['new'] } }]);
    expect([rig.keys.created, asked, rig.server.publications.length]).toEqual([[], 0, 1]);
  });

  test('the key is made once, whoever publishes in between (PB-07)', async () => {
    const rig = await owner();
    rig.repository.tag('1.0', '1.0').publish();
    let times = 0;
    rig.server.beforePublish = () => {
      if (times++ < 3) rig.repository.tag(`theirs${times}`, 'x').publish();
    };
    await rig.change(rotate('targets'));
    expect(rig.keys.created).toEqual(['targets']);
    expect(await rig.released()).toContain('theirs1');
    expect(await rig.resolved('1.0')).toBe(target('1.0').digest);
  });

  test('two rotations of the root at once: the second continues the first, or says what it lacks', async () => {
    const rig = await signed();
    const prepared = await prepareChange(rig.author, { gun, change: rotate('root') });
    await rig.change(rotate('root'));
    await prepared.publish();
    expect((await rig.fresh()).root.data.version).toBe(3);
  });

  test('the second root is refused because it does not follow the first: it is drafted again (PB-07)', async () => {
    const rig = await signed();
    const publish = rig.server.publish.bind(rig.server);
    rig.server.publish = async () => {
      rig.server.publish = publish;
      await rig.change(rotate('root'));
      throw new DctError('PUBLISH_REFUSED', { gun, status: 400, detail: 'INVALID_UPDATE' });
    };
    await rig.change(rotate('root'));
    expect((await rig.fresh()).root.data.version).toBe(3);
  });

  test('a root that is refused without a rival is refused', async () => {
    const rig = await signed();
    rig.server.beforePublish = () => {
      throw new DctError('PUBLISH_REFUSED', { gun, status: 400, detail: 'INVALID_UPDATE' });
    };
    expect(await codeOfRejection(rig.change(rotate('root')))).toBe('PUBLISH_REFUSED');
    expect((await rig.fresh()).root.data.version).toBe(1);
  });

  test('without trust data nothing is created (P-19)', async () => {
    const rig = makeAuthorRig();
    expect(await codeOfRejection(prepareChange(rig.author, { gun, change: rotate('targets') }))).toBe(
      'NO_TRUST_DATA',
    );
    expect([rig.keys.created, rig.server.publications]).toEqual([[], []]);
  });
});

describe('renewal (dialect 2.4)', () => {
  const near = 179;

  test('publishing signs what is near its end again, where the keys are here, and the plan says so (P-38)', async () => {
    const rig = await owner();
    rig.repository.base.root.expires = rig.server.clock.now() + near * dayMs;
    rig.repository.publishRoot().publish();
    const { plan } = await rig.sign();
    expect(plan.documents).toMatchObject([{ role: 'targets' }, { role: 'root', renews: {} }]);
    const { root } = await rig.fresh();
    expect(root.data.expires.epochMs).toBeGreaterThan(rig.server.clock.now() + 3000 * dayMs);
  });

  test('when nothing changes, nothing is published for the sake of renewal', async () => {
    const rig = await owner();
    rig.repository.base.root.expires = rig.server.clock.now() + near * dayMs;
    rig.repository.tag('1.0', '1.0').publishRoot().publish();
    expect((await rig.sign(['1.0'])).plan.documents).toEqual([]);
  });

  test('what is not near its end stays as it is', async () => {
    const rig = await owner();
    rig.repository.base.root.expires = rig.server.clock.now() + 185 * dayMs;
    rig.repository.publishRoot().publish();
    expect((await rig.sign()).plan.documents).toMatchObject([{ role: 'targets' }]);
  });

  test.each([
    ['who does not hold its key', false],
    ['whose passphrase for it is wrong', true],
  ])('a delegation signer %s is not blocked by a root near its end', async (_, isLocked) => {
    const rig = await owner();
    const alice = makeKeys(1);
    rig.repository.base.root.expires = rig.server.clock.now() + near * dayMs;
    rig.repository
      .delegate('targets/alice', alice)
      .delegate('targets/releases', alice)
      .publishRoot()
      .publish();
    const signer = rig.colleague(...alice);
    if (isLocked)
      for (const { role, signer: key } of rig.keys.stored)
        if (role === 'root') signer.keys.locked.add(signer.keys.add('root', key).keyId);
    const { plan } = await signer.sign();
    expect(plan.documents.map(({ role }) => role)).toEqual(['targets/alice', 'targets/releases']);
  });
});
