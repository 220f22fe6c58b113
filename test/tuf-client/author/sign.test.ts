// Signing in repositories that exist: into which roles, with which keys, and on top of what.
import { describe, expect, test } from 'vitest';
import { isDctError } from '../../../src/base/errors.ts';
import { limits } from '../../../src/base/limits.ts';
import { codeOfRejection } from '../../support/code-of.ts';
import {
  bare,
  dayMs,
  makeKeys,
  makeRootKey,
  makeSigner,
  wearing,
  type ListedKey,
  type RepositoryOptions,
  type SimulatedRepository,
} from '../../support/notary-simulator.ts';
import { gun } from '../support.ts';
import { makeAuthorRig, target, type AuthorRig } from './support.ts';

type Existing = AuthorRig & { readonly repository: SimulatedRepository };

/** A repository whose keys of these roles are here; the server's stay with the server. */
async function existing(
  own: RepositoryOptions['keys'] = {},
  options: RepositoryOptions = {},
): Promise<Existing> {
  const rig = makeAuthorRig();
  const repository = await rig.server.repository(gun, { ...options, keys: { ...own, ...options.keys } });
  for (const [role, keys] of Object.entries(own))
    for (const { signer } of keys) rig.keys.add(role, signer, gun);
  return { ...rig, repository };
}

const held = (rig: AuthorRig, count = 1): readonly ListedKey[] => {
  const keys = makeKeys(count);
  for (const { signer } of keys) rig.keys.add('signer', signer);
  return keys;
};

const last = ({ server }: AuthorRig): readonly string[] => server.publications.at(-1) ?? [];

describe('roles (dialect 12.3)', () => {
  test('without delegations: targets', async () => {
    const rig = await existing({ targets: makeKeys(1) });
    const { plan } = await rig.sign();
    expect(last(rig)).toEqual(['targets']);
    expect(plan).toMatchObject({
      initialises: false,
      roles: ['targets'],
      changes: [{ tag: '1.0', before: undefined }],
    });
    expect(await rig.resolved('1.0')).toBe(target('1.0').digest);
  });

  test('with delegations: every one directly below for which a key is here, never targets', async () => {
    const rig = await existing({ targets: makeKeys(1) });
    const [alice, bob, strange] = [held(rig), held(rig), makeKeys(1)];
    rig.repository
      .delegate('targets/alice', alice)
      .delegate('targets/strange', strange)
      .delegate('targets/releases', [...alice, ...bob, ...strange])
      .delegate('targets/alice/deeper', alice)
      .publish('targets', 'targets/alice', 'targets/strange', 'targets/releases', 'targets/alice/deeper');
    const { plan } = await rig.sign();
    expect(plan.roles).toEqual(['targets/alice', 'targets/releases']);
    expect(last(rig)).toEqual(['targets/alice', 'targets/releases']);
    const { delegations } = await rig.client.update(gun);
    const versions = Object.fromEntries([...delegations].map(([name, { data }]) => [name, data.version]));
    expect(versions).toEqual({
      'targets/alice': 2,
      'targets/strange': 1,
      'targets/releases': 2,
      'targets/alice/deeper': 1,
    });
  });

  test('a role that never published begins at version 1, with its declaration untouched (dialect 10.6)', async () => {
    const rig = await existing();
    const [key] = [held(rig)];
    rig.repository.delegate('targets/releases', key).publish('targets');
    await rig.sign();
    const { delegations, targets } = await rig.client.update(gun);
    expect(delegations.get('targets/releases' as never)?.data.version).toBe(1);
    expect(targets.data.version).toBe(2);
  });

  test('--signer: only that role, and the releases as far as its key may sign them', async () => {
    const rig = await existing({ targets: makeKeys(1) });
    const [alice, bob] = [held(rig), held(rig)];
    rig.repository
      .delegate('targets/alice', alice)
      .delegate('targets/bob', bob)
      .delegate('targets/releases', [...alice, ...bob])
      .publish('targets');
    await rig.sign(['1.0'], { signer: 'bob' });
    expect(last(rig)).toEqual(['targets/bob', 'targets/releases']);
    expect(rig.keys.unlocked).not.toContain(alice[0]?.id);
  });

  test.each(['carol', 'releases', '../alice', ''])(
    '--signer %j that the repository does not have',
    async (signer) => {
      const rig = await existing({ targets: makeKeys(1) });
      rig.repository.delegate('targets/alice', held(rig)).publish('targets');
      expect(await codeOfRejection(rig.prepare(['1.0'], { signer }))).toBe('USAGE');
      expect(rig.keys.unlocked).toEqual([]);
    },
  );

  test('roles whose paths do not allow the tag are passed over (dialect 10.1)', async () => {
    const rig = await existing();
    const key = held(rig);
    rig.repository
      .delegate('targets/dev', key, { paths: ['dev-'] })
      .delegate('targets/none', key, { paths: [] })
      .delegate('targets/releases', key)
      .publish('targets');
    expect((await rig.prepare(['1.0'])).plan.roles).toEqual(['targets/releases']);
    expect((await rig.prepare(['dev-1'])).plan.roles).toEqual(['targets/dev', 'targets/releases']);
  });

  test('of several tags each goes into the roles that allow it, whatever the others are', async () => {
    const rig = await existing();
    const key = held(rig);
    rig.repository
      .delegate('targets/dev', key, { paths: ['dev-'] })
      .delegate('targets/releases', key)
      .publish('targets');
    const { plan } = await rig.prepare(['1.0', 'dev-1']);
    expect([...plan.rolesByTag]).toEqual([
      ['1.0', ['targets/releases']],
      ['dev-1', ['targets/dev', 'targets/releases']],
    ]);
    expect(plan.changes.map(({ tag, role }) => `${tag} ${role}`)).toEqual([
      'dev-1 targets/dev',
      '1.0 targets/releases',
      'dev-1 targets/releases',
    ]);
  });

  test('a tag that none of our roles allows is refused before anything is signed', async () => {
    const rig = await existing();
    rig.repository.delegate('targets/dev', held(rig), { paths: ['dev-'] }).publish('targets');
    expect(await codeOfRejection(rig.prepare(['dev-1', '1.0']))).toBe('TAG_NOT_ALLOWED');
    expect(rig.keys.unlocked).toEqual([]);
  });

  test('a tag that ends up in no role that pullers read is signed with a warning', async () => {
    const rig = await existing();
    rig.repository.delegate('targets/dev', held(rig)).publish('targets');
    await rig.prepare(['1.0']);
    expect(rig.warnings).toEqual([expect.stringContaining('1.0 is signed in targets/dev only')]);
  });

  test('a delegation that cannot be read is not overwritten', async () => {
    const rig = await existing();
    const key = held(rig);
    rig.repository.delegate('targets/alice', key).delegate('targets/releases', key);
    rig.repository.role('targets/alice').expires = rig.server.clock.now() + dayMs;
    rig.repository.publish('targets', 'targets/alice', 'targets/releases');
    rig.server.clock.advance(2 * dayMs);
    expect(await codeOfRejection(rig.prepare())).toBe('EXPIRED');
    expect(rig.server.publications).toEqual([]);
  });
});

describe('keys', () => {
  test('none here: which ones would do (PB-12)', async () => {
    const rig = await existing();
    const [key] = makeKeys(1);
    rig.repository.delegate('targets/releases', [key as ListedKey]).publish('targets');
    const error: unknown = await rig.prepare().catch((reason: unknown) => reason);
    expect(isDctError(error, 'KEY_MISSING') && error.facts['keyIds']).toBe(key?.id);
    expect(rig.server.publications).toEqual([]);
  });

  test('a threshold of two takes both keys, and one is too few (PB-12)', async () => {
    const keys = makeKeys(3);
    const enough = await existing(
      { targets: keys.slice(0, 2) },
      { keys: { targets: keys }, thresholds: { targets: 2 } },
    );
    await enough.sign();
    expect([...enough.keys.unlocked].sort()).toEqual(
      keys
        .slice(0, 2)
        .map(({ id }) => id)
        .sort(),
    );

    const few = await existing(
      { targets: keys.slice(0, 1) },
      { keys: { targets: keys }, thresholds: { targets: 2 } },
    );
    expect(await codeOfRejection(few.prepare())).toBe('KEY_MISSING');
    expect(few.keys.unlocked).toEqual([]);
  });

  test('all keys at hand sign, not just as many as needed (dialect 4.8)', async () => {
    const rig = await existing({ targets: makeKeys(3) });
    await rig.sign();
    const { signatures } = JSON.parse(
      Buffer.from((await rig.client.update(gun)).targets.bytes).toString(),
    ) as {
      signatures: unknown[];
    };
    expect(signatures).toHaveLength(3);
  });

  test.each(['p256', 'p384', 'p521', 'rsa', 'ed25519'] as const)(
    'a delegation key of kind %s',
    async (kind) => {
      const rig = await existing();
      const key = bare(rig.keys.add('alice', makeSigner(kind)));
      rig.repository.delegate('targets/releases', [key]).publish('targets');
      await rig.sign();
      expect(await rig.resolved('1.0')).toBe(target('1.0').digest);
    },
  );

  test('a delegation key in a certificate is found by its bare id and signs under the listed one', async () => {
    const rig = await existing();
    const signer = rig.keys.add('alice');
    const listed = wearing((await makeRootKey(gun, undefined, signer)).key, signer);
    expect(listed.id).not.toBe(signer.keyId);
    rig.repository.delegate('targets/releases', [listed]).publish('targets');
    await rig.sign();
    expect(await rig.resolved('1.0')).toBe(target('1.0').digest);
  });

  test('a snapshot key that is here signs the snapshot too (dialect 9.2)', async () => {
    const rig = await existing({ targets: makeKeys(1), snapshot: makeKeys(1) });
    rig.repository.tag('old', 'old').publish();
    const before = (await rig.client.update(gun)).snapshot.data;
    await rig.sign();
    expect(last(rig)).toEqual(['targets', 'snapshot']);
    const after = (await rig.client.update(gun)).snapshot.data;
    expect(after.version).toBe(before.version + 1);
    expect(after.meta.get('root' as never)).toEqual(before.meta.get('root' as never));
    expect(await rig.resolved('old')).toBe(target('old').digest);
  });

  test('a snapshot key that is neither here nor at the server', async () => {
    const rig = await existing({ targets: makeKeys(1) }, { keys: { snapshot: makeKeys(1) } });
    const error: unknown = await rig.sign().catch((reason: unknown) => reason);
    expect(isDctError(error, 'KEY_MISSING') && error.facts['role']).toBe('snapshot');
    expect(rig.server.publications).toEqual([]);
  });
});

describe('what is signed', () => {
  test('unchanged: nothing is published, but every key is unlocked first', async () => {
    const rig = await existing({ targets: makeKeys(1) });
    await rig.sign();
    rig.keys.unlocked.length = 0;
    const { plan } = await rig.sign();
    expect(plan).toMatchObject({ changes: [], documents: [], roles: ['targets'] });
    expect(rig.server.publications).toHaveLength(1);
    expect(rig.keys.unlocked).toHaveLength(1);
    rig.keys.locked.add(rig.keys.unlocked[0] as never);
    expect(await codeOfRejection(rig.sign())).toBe('WRONG_PASSPHRASE');
  });

  test('only roles that change are published', async () => {
    const rig = await existing();
    const key = held(rig);
    rig.repository.delegate('targets/alice', key).delegate('targets/releases', key);
    rig.repository.tag('1.0', '1.0', 'targets/releases').publish('targets', 'targets/releases');
    const { plan } = await rig.sign();
    expect(plan.roles).toEqual(['targets/alice', 'targets/releases']);
    expect(last(rig)).toEqual(['targets/alice']);
  });

  test('everything else in the file stays: other tags, custom data, delegations, odd hashes (PB-14)', async () => {
    const rig = await existing({ targets: makeKeys(1) });
    const custom = { z: [1, { a: null }], '<&>': '\u2028' };
    rig.repository.tag('old', 'old').publish();
    const entry = rig.repository.top.targets.get('old');
    const hashes = new Map([...(entry?.hashes ?? []), ['blake3', Uint8Array.of(1)] as const]);
    rig.repository.top.targets.set('old', { length: 3, hashes, custom });
    rig.repository.publish();
    await rig.sign();
    const kept = (await rig.client.update(gun)).targets.data.targets.get('old');
    expect(kept).toEqual({ length: 3, hashes, custom });
  });

  test('a moved tag tells what it stood for', async () => {
    const rig = await existing({ targets: makeKeys(1) });
    await rig.sign();
    const moved = target('1.0', 'something else');
    const { plan } = await rig.sign([], { targets: [moved] });
    expect(plan.changes).toEqual([
      { tag: '1.0', role: 'targets', before: target('1.0').digest, after: moved.digest },
    ]);
    expect(await rig.resolved('1.0')).toBe(moved.digest);
  });

  test('a dry run unlocks and plans, and publishes nothing', async () => {
    const rig = await existing({ targets: makeKeys(1) });
    const prepared = await rig.prepare(['1.0'], { dryRun: true });
    await prepared.publish();
    const { plan } = prepared;
    expect(plan.documents).toMatchObject([{ role: 'targets', version: 2 }]);
    expect(rig.keys.unlocked).toHaveLength(1);
    expect(rig.server.publications).toEqual([]);
  });

  test('old data served again is not signed on (PB-01)', async () => {
    const rig = await existing({ targets: makeKeys(1) });
    const restore = rig.repository.saved();
    rig.repository.tag('old', 'old').publish();
    await rig.client.update(gun);
    restore();
    expect(await codeOfRejection(rig.prepare())).toBe('ROLLBACK');
    expect(rig.keys.unlocked).toEqual([]);
  });

  test('what the server slipped in is not signed on (PB-02)', async () => {
    const rig = await existing({ targets: makeKeys(1) });
    rig.repository.top.signedBy = makeKeys(1);
    rig.repository.tag('evil', 'evil').publish();
    expect(await codeOfRejection(rig.prepare())).toBe('THRESHOLD');
    expect(rig.keys.unlocked).toEqual([]);
  });

  test.each([
    ['two years ahead', 730, 'CLOCK_SKEW'],
    ['a day and a second ahead', 1 + 1 / 86_400, 'CLOCK_SKEW'],
    ['a day and a second behind', -1 - 1 / 86_400, 'CLOCK_SKEW'],
    ['a day ahead', 1, undefined],
    ['a day behind', -1, undefined],
  ] as const)('a clock %s (PB-17)', async (_, days, code) => {
    const rig = await existing({ targets: makeKeys(1) });
    const serverTime = rig.server.clock.now() - Math.round(days * dayMs);
    rig.server.serverTime = () => serverTime;
    if (code !== undefined) expect(await codeOfRejection(rig.prepare())).toBe(code);
    else await rig.prepare();
    expect(rig.keys.unlocked).toHaveLength(code === undefined ? 1 : 0);
  });
});

describe('publishing at the same time (PB-07)', () => {
  test('both changes survive, signed on top of the other publication', async () => {
    const rig = await existing({ targets: makeKeys(1) });
    rig.server.beforePublish = () => {
      rig.server.beforePublish = () => undefined;
      rig.repository.tag('theirs', 'theirs').publish();
    };
    await rig.sign();
    expect(await rig.resolved('1.0')).toBe(target('1.0').digest);
    expect(await rig.resolved('theirs')).toBe(target('theirs').digest);
  });

  test('the same change by somebody else ends it', async () => {
    const rig = await existing({ targets: makeKeys(1) });
    rig.server.beforePublish = () => void rig.repository.tag('1.0', '1.0').publish();
    await rig.sign();
    expect(rig.server.publications).toEqual([]);
  });

  test('two beginnings: the second signs into the first, or says which key it lacks', async () => {
    const [rig, rival] = [makeAuthorRig(), makeAuthorRig()];
    const prepared = await rig.prepare();
    await makeAuthorRig({
      ...rival,
      server: rig.server,
      client: rival.withOptions({ store: rig.server }),
    }).sign(['theirs']);
    expect(await codeOfRejection(prepared.publish())).toBe('KEY_MISSING');
    expect(await rig.resolved('theirs')).toBe(target('theirs').digest);
  });

  test('somebody who never stops: CONFLICT after the bound', async () => {
    const rig = await existing({ targets: makeKeys(1) });
    let attempts = 0;
    rig.server.beforePublish = () => void rig.repository.tag(`n${attempts++}`, 'x').publish();
    const error: unknown = await rig.sign().catch((reason: unknown) => reason);
    expect(isDctError(error, 'CONFLICT') && error.facts).toEqual({ gun, attempts: limits.publishAttempts });
    expect(attempts).toBe(limits.publishAttempts);
    expect(rig.server.publications).toEqual([]);
  });
});

describe('after the publication (PB-05, ADR 0010)', () => {
  test('accepted, but the old data is served', async () => {
    const rig = await existing({ targets: makeKeys(1) });
    rig.server.publish = () => Promise.resolve('published');
    const error: unknown = await rig.sign().catch((reason: unknown) => reason);
    expect(isDctError(error, 'NOT_PERSISTED') && error.facts['role']).toBe('targets');
  });

  test('accepted, and nothing is served at all', async () => {
    const rig = makeAuthorRig();
    rig.server.publish = () => Promise.resolve('published');
    expect(await codeOfRejection(rig.sign())).toBe('NOT_PERSISTED');
  });

  test('accepted under a hash of other bytes: the server did not understand our form', async () => {
    const rig = await existing({ targets: makeKeys(1) });
    const publish = rig.server.publish.bind(rig.server);
    rig.server.publish = async (name, files) => {
      const outcome = await publish(name, files);
      rig.repository.files.delete(rig.repository.hashName('targets'));
      return outcome;
    };
    expect(await codeOfRejection(rig.sign())).toBe('NOT_PERSISTED');
  });

  test('no answer any more is no success', async () => {
    const rig = await existing({ targets: makeKeys(1) });
    const publish = rig.server.publish.bind(rig.server);
    rig.server.publish = async (name, files) => {
      const outcome = await publish(name, files);
      rig.server.outage();
      return outcome;
    };
    expect(await codeOfRejection(rig.sign())).toBe('UNREACHABLE');
    rig.server.recover();
    expect((await rig.sign()).plan.documents).toEqual([]);
  });
});
