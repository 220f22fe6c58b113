// Which keys the cached trust data names: what depends on a key, and which private halves are elsewhere.
import { describe, expect, it } from 'vitest';
import { makeGun } from '../../src/base/reference.ts';
import { roleNames } from '../../src/tuf-client/model/index.ts';
import { makeKeys } from '../support/notary/signers.ts';
import type { SimulatedRepository } from '../support/notary/repository.ts';
import { NotarySimulator } from '../support/notary-simulator.ts';
import { memoryKeeper } from './keeper.ts';

const gun = makeGun('registry.test:5000', 'team/app');

/** The cache that Docker would have of it. */
async function cached(): Promise<{
  repository: SimulatedRepository;
  files: ReturnType<typeof memoryKeeper>['files'];
}> {
  const repository = await new NotarySimulator().repository(gun);
  const [alice, bob] = [makeKeys(1), makeKeys(1)];
  repository.delegate('targets/alice', alice).delegate('targets/releases', [...alice, ...bob]);
  repository.delegate('targets/alice/nested', bob);
  repository.publish('targets', 'targets/alice');
  const { files } = memoryKeeper();
  for (const [role, bytes] of repository.current)
    files.contents.set(`tuf/${gun}/metadata/${role}.json`, bytes);
  return { repository, files };
}

describe('trust data in the cache', () => {
  it('tells the roles of every key by its canonical id, that of a root certificate too (P-44)', async () => {
    const { repository, files } = await cached();
    const mentions = await memoryKeeper({ files }).keeper.mentions();
    const rolesOf = (id: string | undefined): string[] =>
      [...mentions].flatMap(([keyId, list]) => (keyId === id ? list.map(({ role }) => role) : []));
    const keyOf = (name: string): string | undefined => repository.role(name).keys[0]?.signer.keyId;
    expect(rolesOf(repository.base.root.keys[0]?.signer.keyId)).toEqual(['root']);
    expect(rolesOf(keyOf('targets'))).toEqual(['targets']);
    expect(rolesOf(keyOf('targets/alice'))).toEqual(['targets/alice', 'targets/releases']);
    expect(rolesOf(keyOf('targets/alice/nested')).sort()).toEqual([
      'targets/alice/nested',
      'targets/releases',
    ]);
    expect(new Set([...mentions.values()].flat().map((mention) => mention.gun))).toEqual(new Set([gun]));
    expect([...mentions.values()].flat()).toContainEqual({ gun, role: roleNames.timestamp });
  });

  it('that is damaged names nobody, and does not keep other files from being read', async () => {
    const { files } = await cached();
    files.contents.set(`tuf/${gun}/metadata/targets.json`, Buffer.from('{"signed":'));
    files.contents.set('tuf/registry.test/other/metadata/root.json', Buffer.from('[]'));
    files.contents.set(`tuf/${gun}/changelist/x.change`, Buffer.from('x'));
    const mentions = await memoryKeeper({ files }).keeper.mentions();
    const roles = new Set([...mentions.values()].flat().map(({ role }) => role));
    expect(roles).toEqual(new Set(['root', 'targets', 'snapshot', 'timestamp', 'targets/alice/nested']));
  });

  it('that publishes a private key is nothing to be passed over (SG-18)', async () => {
    const { files } = await cached();
    const root = `tuf/${gun}/metadata/root.json`;
    const text = Buffer.from(files.contents.get(root) ?? []).toString();
    files.contents.set(root, Buffer.from(text.replace('"private":null', '"private":"c2VjcmV0"')));
    await expect(memoryKeeper({ files }).keeper.mentions()).rejects.toMatchObject({
      code: 'PRIVATE_KEY_PUBLISHED',
    });
  });

  it('is what a check tells of a key', async () => {
    const { files } = await cached();
    const { keeper } = memoryKeeper({ files });
    const [[keyId] = []] = await keeper.mentions();
    files.contents.set(
      `private/${keyId ?? ''}.key`,
      Buffer.from('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'),
    );
    const [checked] = (await keeper.check()).keys;
    expect(checked).toMatchObject({ problem: { code: 'KEY_FORMAT' }, dependents: [{ gun }] });
  });
});
