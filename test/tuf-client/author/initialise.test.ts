// The first publication of a repository: which keys, in which order, and what is left after a failure.
import { describe, expect, test } from 'vitest';
import { DctError } from '../../../src/base/errors.ts';
import { makeGun } from '../../../src/base/reference.ts';
import type { Common, PublicKey } from '../../../src/tuf-client/model/index.ts';
import { codeOfRejection } from '../../support/code-of.ts';
import { makeRootKey, makeSigner } from '../../support/notary-simulator.ts';
import { cachePath, gun, makeRig, otherGun } from '../support.ts';
import { makeAuthorRig, target, type AuthorRig } from './support.ts';

/** Expects that nothing was made and nothing sent. */
function expectNoTrace({ keys, server, files }: AuthorRig): void {
  expect(keys.created).toEqual([]);
  expect(server.publications).toEqual([]);
  expect(files.writes).toEqual([]);
}

describe('what is published', () => {
  test('without a signer: root and targets, the tag in targets', async () => {
    const rig = makeAuthorRig();
    const { plan } = await rig.sign();
    expect(rig.server.publications).toEqual([['root', 'targets']]);
    expect(plan).toMatchObject({ initialises: true, roles: ['targets'] });
    expect(plan.newKeys.map(({ role }) => role)).toEqual(['root', 'targets']);
    expect(await rig.resolved('1.0')).toBe(target('1.0').digest);
    const { root, targets, trustedSince, firstContact } = await rig.client.update(gun);
    expect(root.data.version).toBe(1);
    expect(targets.data).toMatchObject({ version: 1, delegations: [] });
    expect(trustedSince.how).toBe('created');
    expect(firstContact).toBe(false);
  });

  test('with a signer: its role and the releases, both for every tag, and nothing in targets', async () => {
    const rig = makeAuthorRig();
    const { plan } = await rig.sign(['1.0', '1.1'], { signer: 'alice' });
    expect(rig.server.publications).toEqual([['root', 'targets', 'targets/alice', 'targets/releases']]);
    expect(plan.newKeys.map(({ role }) => role)).toEqual(['root', 'targets', 'alice']);
    expect(plan.roles).toEqual(['targets/alice', 'targets/releases']);
    const { targets, delegations } = await rig.client.update(gun);
    const [aliceKey] = await rig.keys.namedKeys('alice');
    const declared = { keyIds: [aliceKey], threshold: 1, paths: [''] };
    expect(targets.data.delegations).toEqual([
      { name: 'targets/alice', ...declared },
      { name: 'targets/releases', ...declared },
    ]);
    expect(targets.data.targets.size).toBe(0);
    for (const { data } of delegations.values()) expect([...data.targets.keys()]).toEqual(['1.0', '1.1']);
    expect(await rig.resolved('1.1')).toBe(target('1.1').digest);
  });

  test('the plan tells the documents as they are published', async () => {
    const rig = makeAuthorRig();
    const { plan } = await rig.sign(['1.0'], { signer: 'alice' });
    const { root, targets, delegations } = await rig.client.update(gun);
    const published = new Map<string, { readonly data: Common }>([
      ['root', root],
      ['targets', targets],
      ...delegations,
    ]);
    expect(plan.documents).toEqual(
      [...published].map(([role, { data }]) => ({ role, version: data.version, expires: data.expires })),
    );
  });

  test.each(['releases', 'Alice', 'a.b', '', 'a/b', '-a', '../a'])(
    'no signer is called %j',
    async (signer) => {
      const rig = makeAuthorRig();
      expect(await codeOfRejection(rig.prepare(['1.0'], { signer }))).toBe('USAGE');
      expectNoTrace(rig);
    },
  );
});

describe('keys', () => {
  test('the first root key serves every repository, the targets key only its own', async () => {
    const rig = makeAuthorRig();
    await rig.sign();
    await rig.sign(['1.0'], { gun: otherGun });
    expect(rig.keys.created).toEqual(['root', 'targets', 'targets']);
  });

  test('an RSA root key', async () => {
    const rig = makeAuthorRig();
    rig.keys.add('root', makeSigner('rsa'));
    await rig.sign();
    expect(await rig.resolved('1.0')).toBe(target('1.0').digest);
    const { root } = await rig.client.update(gun);
    expect(root.data.keys.get(root.data.roles.root.keyIds[0] as never)?.type).toBe('rsa-x509');
  });

  test('an Ed25519 root key is refused before a trace is left, in a dry run too', async () => {
    const rig = makeAuthorRig();
    rig.keys.add('root', makeSigner('ed25519'));
    expect(await codeOfRejection(rig.prepare())).toBe('KEY_REFUSED');
    expect(await codeOfRejection(rig.prepare(['1.0'], { dryRun: true }))).toBe('KEY_REFUSED');
    expectNoTrace(rig);
  });

  test.each(['root', 'alice', 'targets'])(
    'a wrong passphrase of the %s key leaves no trace',
    async (role) => {
      const rig = makeAuthorRig();
      rig.keys.locked.add(rig.keys.add(role, makeSigner(), role === 'targets' ? gun : undefined).keyId);
      expect(await codeOfRejection(rig.prepare(['1.0'], { signer: 'alice' }))).toBe('WRONG_PASSPHRASE');
      expectNoTrace(rig);
    },
  );

  test('keys of an attempt that did not get through are used again (P-45)', async () => {
    const rig = makeAuthorRig();
    rig.server.beforePublish = () => {
      throw new DctError('UNREACHABLE', { origin: 'https://notary.test', problem: 'refused' });
    };
    expect(await codeOfRejection(rig.sign(['1.0'], { signer: 'alice' }))).toBe('UNREACHABLE');
    expect(rig.keys.created).toEqual(['root', 'targets', 'alice']);
    expect(rig.files.writes).toEqual([]);
    rig.server.beforePublish = () => undefined;
    const { plan } = await rig.sign(['1.0'], { signer: 'alice' });
    expect(rig.keys.created).toEqual(['root', 'targets', 'alice']);
    expect(plan.newKeys).toEqual([]);
  });

  test('a dry run makes no keys, asks for none of the server and publishes nothing, but unlocks', async () => {
    const rig = makeAuthorRig();
    const root = rig.keys.add('root');
    rig.server.serverKey = () => Promise.reject(new Error('it was asked for a key'));
    const prepared = await rig.prepare(['1.0'], { signer: 'alice', dryRun: true });
    await prepared.publish();
    const { plan } = prepared;
    expectNoTrace(rig);
    expect(plan.newKeys).toEqual([{ role: 'targets' }, { role: 'alice' }]);
    expect(plan.documents.map(({ role }) => role)).toEqual([
      'root',
      'targets',
      'targets/alice',
      'targets/releases',
    ]);
    expect(rig.keys.unlocked).toEqual([root.keyId]);
  });
});

describe("the server's keys (PB-03)", () => {
  test('are fetched, once each, before any key is made here', async () => {
    const rig = makeAuthorRig();
    const events: string[] = [];
    const serverKey = rig.server.serverKey.bind(rig.server);
    rig.server.serverKey = (name, role) => {
      events.push(`server ${role}`);
      return serverKey(name, role);
    };
    const create = rig.keys.create.bind(rig.keys);
    rig.keys.create = (role, owner) => {
      events.push(`create ${role}`);
      return create(role, owner);
    };
    await rig.sign();
    expect(events).toEqual(['server timestamp', 'server snapshot', 'create root', 'create targets']);
  });

  const odd: [string, () => PublicKey | Promise<PublicKey>][] = [
    ['a certificate', async () => (await makeRootKey(gun)).key],
    ['of an unknown type', () => ({ type: 'dilithium', value: new Uint8Array(32) })],
    ['Ed25519 of 31 bytes (ED-13)', () => ({ type: 'ed25519', value: new Uint8Array(31) })],
    ['ECDSA that is no key', () => ({ type: 'ecdsa', value: new Uint8Array(91) })],
    ['RSA that is ECDSA (SG-19)', () => ({ ...makeSigner().publicKey, type: 'rsa' })],
    ['empty', () => ({ type: 'ecdsa', value: new Uint8Array() })],
  ];
  test.each(odd)('%s: refused, and no key is made', async (_, key) => {
    for (const bad of ['timestamp', 'snapshot']) {
      const rig = makeAuthorRig();
      rig.server.serverKey = async (_gun, role) => (role === bad ? await key() : makeSigner().publicKey);
      expect(await codeOfRejection(rig.prepare())).toBe('SERVER_KEY_REFUSED');
      expectNoTrace(rig);
    }
  });
});

describe('interrupted beginnings', () => {
  test('a crash between publication and the local record: the next run goes on (PB-08)', async () => {
    const rig = makeAuthorRig();
    rig.files.failWrite = () => true;
    expect(await codeOfRejection(rig.sign())).toBe('DISK');
    expect(rig.server.publications).toHaveLength(1);
    rig.files.failWrite = () => false;
    const { plan } = await rig.sign(['1.0', '1.1']);
    expect(plan).toMatchObject({ initialises: false, newKeys: [], roles: ['targets'] });
    expect(plan.changes.map(({ tag }) => tag)).toEqual(['1.1']);
    expect(await rig.resolved('1.0')).toBe(target('1.0').digest);
  });

  test('a root that another client made here and never published is replaced (dialect 9.5, 12.3)', async () => {
    const elsewhere = makeRig();
    const unpublished = await elsewhere.server.repository(gun);
    const rig = makeAuthorRig();
    for (const role of ['root', 'targets', 'snapshot'])
      rig.files.contents.set(cachePath(role), unpublished.current.get(role) as Uint8Array);
    await rig.sign();
    expect(await rig.resolved('1.0')).toBe(target('1.0').digest);
    expect((await rig.client.update(gun)).trustedSince.how).toBe('created');
    await rig.sign(['1.1']);
    expect(await rig.resolved('1.1')).toBe(target('1.1').digest);
  });

  test('somebody else creates it at the same time, and the server refuses the second root (PB-07)', async () => {
    const rig = makeAuthorRig();
    const rival = makeAuthorRig({
      ...makeRig({ store: rig.server, clock: rig.server.clock }),
      server: rig.server,
    });
    const prepared = await rival.prepare(['2.0']);
    const key = rival.keys.stored.find(({ role }) => role === 'targets');
    rig.keys.add('targets', key?.signer, gun);
    const mine = await rig.prepare(['1.0']);
    await prepared.publish();
    let refused = 0;
    rig.server.beforePublish = () => {
      if (refused++ === 0)
        throw new DctError('PUBLISH_REFUSED', { gun, status: 400, detail: 'INVALID_UPDATE' });
    };
    await mine.publish();
    expect(await rig.resolved('1.0')).toBe(target('1.0').digest);
    expect(await rig.resolved('2.0')).toBe(target('2.0').digest);
  });

  test('a repository that is gone from the server is not begun anew (ADR 0003)', async () => {
    const rig = makeAuthorRig();
    await rig.sign();
    rig.server.repositories.delete(gun);
    expect(await codeOfRejection(rig.sign(['1.1']))).toBe('TRUST_DATA_GONE');
    expect(rig.server.publications).toHaveLength(1);
  });

  test('an outage is not an empty server', async () => {
    const rig = makeAuthorRig();
    rig.server.outage();
    expect(await codeOfRejection(rig.prepare())).toBe('UNREACHABLE');
    expectNoTrace(rig);
  });
});

test.each([
  makeGun('registry.test:5000', 'a'.repeat(200)),
  makeGun('registry.test:5000', 'with_underscores/a__b-c.d'),
  makeGun('localhost', 'x'),
])('a repository called %s', async (name) => {
  const rig = makeAuthorRig();
  await rig.sign(['1.0'], { gun: name, signer: 'alice' });
  expect(await rig.resolved('1.0', name)).toBe(target('1.0').digest);
});
