// Repositories that nobody can read any more are signed again by those who may, and by nobody else trusted before that (P-04, P-37).
import { describe, expect, test } from 'vitest';
import { prepareChange } from '../../../src/tuf-client/author/index.ts';
import type { Change } from '../../../src/tuf-client/author/index.ts';
import { DctError } from '../../../src/base/errors.ts';
import type { RoleName } from '../../../src/tuf-client/model/index.ts';
import { codeOfRejection } from '../../support/code-of.ts';
import { dayMs, makeKeys, type ListedKey } from '../../support/notary-simulator.ts';
import { gun } from '../support.ts';
import { begin, cosign, open } from './bundle-support.ts';
import { owner, summary, type Owner } from './change-support.ts';

const witness = (...roles: readonly string[]): Change => ({
  kind: 'witness',
  roles: roles as readonly RoleName[],
});
const releases = 'targets/releases';

/** Signed by alice into the releases, whose key is with the owner unless told otherwise. */
async function released(keys: readonly ListedKey[] = makeKeys(1), threshold = 1): Promise<Owner> {
  const own = await owner();
  own.repository
    .delegate(releases, keys, { threshold })
    .tag('1.0', '1.0', releases)
    .publish('targets', releases);
  return own;
}

/** Lets time pass, in which only the named roles come to their end. */
async function expire(own: Owner, ...roles: readonly string[]): Promise<void> {
  await own.client.update(gun);
  const { base, top, delegations } = own.repository;
  const states: Readonly<Record<string, { expires: number } | undefined>> = {
    snapshot: base.snapshot,
    targets: top,
    [releases]: delegations.get(releases),
  };
  for (const role of roles) (states[role] as { expires: number }).expires = own.server.clock.time + dayMs;
  own.repository.publish(
    ...['targets', releases].filter((role) => delegations.has(role) || role === 'targets'),
  );
  await own.client.update(gun);
  own.server.clock.advance(2 * dayMs);
  own.repository.publishTimestamp();
}

describe('expired', () => {
  test.each([
    { what: 'targets (P-37)', ended: ['targets'] },
    { what: 'the releases', ended: [releases] },
    { what: 'both', ended: ['targets', releases] },
    { what: 'targets, and the snapshot of the server', ended: ['targets', 'snapshot'] },
  ])('$what: refused to every reader, signed again by the owner, readable for all', async ({ ended }) => {
    const keys = makeKeys(1);
    const own = await released(keys);
    own.keys.add('alice', keys[0]?.signer);
    await expire(own, ...ended);
    expect(await codeOfRejection(own.client.update(gun))).toBe('EXPIRED');
    expect(await codeOfRejection(own.fresh())).toBe('EXPIRED');

    // The server signs its own with every publication.
    own.repository.base.snapshot.expires += 1000 * dayMs;
    const roles = ended.filter((role) => role !== 'snapshot');
    const plan = await own.change(witness(...roles));
    expect(plan.remarks).toHaveLength(roles.length);
    expect(await own.released()).toEqual(['1.0']);
  });

  test('reading for repair leaves nothing behind that a pull would use', async () => {
    const own = await released();
    await expire(own, 'targets');
    await own.client.readForRepair(gun);
    expect(await codeOfRejection(own.client.update(gun))).toBe('EXPIRED');
  });

  test('half a repair is refused, and says what else has ended', async () => {
    const own = await released();
    await expire(own, 'targets', releases);
    const refusal = await prepareChange(own.author, { gun, change: witness('targets') }).catch(
      (e: unknown) => e,
    );
    expect(refusal).toMatchObject({
      code: 'USAGE',
      next: `Sign all of it again: dct witness ${gun} targets targets/releases`,
    });
    expect(own.server.publications).toEqual([]);
  });

  test.each<Change>([{ kind: 'revoke' }, { kind: 'rotate-key', role: 'targets' }])(
    'no other change is made on top of it: $kind',
    async (change) => {
      const own = await released();
      await expire(own, releases);
      expect(await codeOfRejection(prepareChange(own.author, { gun, change }))).toBe('EXPIRED');
    },
  );

  test('tags are not signed on top of it', async () => {
    const own = await released();
    await expire(own, releases);
    expect(await codeOfRejection(own.sign(['2.0']))).toBe('EXPIRED');
  });
});

describe('releases without a valid signature (P-04)', () => {
  test('whose last signer was removed: the plan shows every tag that would be there again', async () => {
    const own = await released();
    own.repository.role(releases).keys = [];
    own.repository.publish('targets');
    expect(await codeOfRejection(own.fresh())).toBe('THRESHOLD');
    const plan = await own.change(witness(releases));
    expect(summary(plan)).toEqual(['targets/releases: 0/1 -> 1/1', '1.0 in targets/releases: new']);
    expect(plan.remarks).toHaveLength(2);
    expect(await own.released()).toEqual(['1.0']);
  });

  test('whose signer has another key now, which is here', async () => {
    const own = await released();
    const keys = makeKeys(1);
    own.keys.add('alice', keys[0]?.signer);
    own.repository.role(releases).keys = keys;
    own.repository.publish('targets');
    const plan = await own.change(witness(releases));
    expect(plan.documents.map(({ role }) => role)).toEqual([releases]);
    expect(await own.released()).toEqual(['1.0']);
  });

  test('that need two signers are repaired by two signers', async () => {
    const [one, two] = [makeKeys(1), makeKeys(1)];
    const own = await released([...one, ...two], 2);
    await expire(own, releases);
    const { bytes } = await begin(own.colleague(...one), { gun, change: witness(releases) });
    const second = own.colleague(...two);
    await (await open(second, await cosign(second, bytes))).publish();
    expect(await own.released()).toEqual(['1.0']);
  });
});

describe('what no signature repairs is refused for repair too', () => {
  test.each<readonly [string, (own: Owner) => unknown, string]>([
    [
      'an altered releases file',
      ({ repository }) => {
        for (const name of repository.files.keys())
          if (name.startsWith(releases)) repository.files.set(name, Uint8Array.of(0x7b, 0x7d));
      },
      'CONTENT_MISMATCH',
    ],
    [
      'a timestamp that has ended',
      ({ repository, server }) => {
        repository.base.timestamp.expires = server.clock.time - dayMs;
        repository.publishTimestamp();
      },
      'EXPIRED',
    ],
    [
      'targets by a key that is not theirs',
      ({ repository }) => {
        repository.top.keys = makeKeys(1);
        repository.publish('targets');
      },
      'THRESHOLD',
    ],
    ['a server that does not answer', ({ server }) => server.outage(), 'UNREACHABLE'],
  ])('%s', async (_, harm, code) => {
    const own = await released();
    await expire(own, releases);
    harm(own);
    const fresh = own.colleague();
    expect(await codeOfRejection(fresh.client.readForRepair(gun))).toBe(code);
  });
});

describe('nothing is read for a repair', () => {
  test.each(['2.root', 'timestamp'])('while the server does not answer for %s', async (file) => {
    const own = await released();
    await own.client.update(gun);
    own.server.beforeDownload = (name) => {
      if (name.startsWith(file))
        throw new DctError('UNREACHABLE', { origin: 'https://notary.test', problem: 'refused' });
    };
    expect(await codeOfRejection(own.client.readForRepair(gun))).toBe('UNREACHABLE');
  });

  test('once the root has expired: RT-22 holds for those who sign, too', async () => {
    const own = await released();
    own.repository.base.root.expires = own.server.clock.time + dayMs;
    own.repository.publishRoot().publishSnapshot();
    await expect(own.client.readForRepair(gun)).resolves.toBeDefined();
    own.server.clock.advance(2 * dayMs);
    await expect(own.client.readForRepair(gun)).rejects.toMatchObject({
      code: 'EXPIRED',
      facts: { role: 'root' },
    });
  });
});
