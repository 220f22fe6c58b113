// Root certificates that end soon: the same key gets a new one, readers from before follow, and nobody is kept from signing.
import { expect, test } from 'vitest';
import { canonicalKeyId, readRootCertificate } from '../../../src/tuf-client/crypto/index.ts';
import { chainPem } from '../../support/notary/chain-certificate.ts';
import { listedAs } from '../../support/notary/odd-certificate.ts';
import { dayMs, makeKeys, makeRootKey, makeSigner, type ListedKey } from '../../support/notary-simulator.ts';
import { gun, makeRig } from '../support.ts';
import { begin, open, signing } from './bundle-support.ts';
import { owner, type Owner } from './change-support.ts';

const start = makeRig().server.clock.time;
/** Ends in 100 days. */
const ending = (): Promise<ListedKey> => makeRootKey(gun, start - 3550 * dayMs);

/** The common names and ends, in days from now, of the root keys that readers trust. */
async function certificates(own: Owner) {
  const { keys, roles } = (await own.fresh()).root.data;
  return Promise.all(
    roles.root.keyIds.map(async (id) => {
      const key = keys.get(id);
      const certificate = key && (await readRootCertificate(key));
      if (key === undefined || certificate === undefined || typeof certificate === 'string')
        throw new Error('a root certificate cannot be read');
      return { key: canonicalKeyId(key), days: Math.round((certificate.notAfter - start) / dayMs) };
    }),
  );
}

test('the next publication makes a new one for the same key, and says so', async () => {
  const root = await ending();
  const own = await owner({ keys: { root: [root] } });
  await own.client.update(gun);
  const before = own.colleague();
  await before.client.update(gun);

  const { plan } = await own.sign();
  expect(plan.documents[0]).toMatchObject({
    role: 'root',
    version: 2,
    renews: { epochMs: start + 100 * dayMs },
  });
  expect(plan.newKeys).toEqual([]);
  expect(await certificates(own)).toEqual([{ key: root.signer.keyId, days: 3650 }]);
  expect((await before.client.update(gun)).root.data.version).toBe(2);

  await own.sign(['2.0']);
  expect((await own.fresh()).root.data.version).toBe(2);
});

test('it outlives the old one: after its end everybody still reads', async () => {
  const own = await owner({ keys: { root: [await ending()] } });
  const reader = own.colleague();
  await reader.client.update(gun);
  await own.sign();
  own.server.clock.advance(110 * dayMs);
  own.repository.base.timestamp.expires = own.server.clock.time + dayMs;
  own.repository.publishTimestamp();
  expect((await reader.client.update(gun)).root.data.version).toBe(2);
  expect(await own.released()).toEqual(['1.0']);
});

test('together with a change of the root itself, in one new root', async () => {
  const own = await owner({ keys: { root: [await ending()] } });
  await own.change({ kind: 'rotate-key', role: 'snapshot' });
  expect((await own.fresh()).root.data.version).toBe(2);
  expect(await certificates(own)).toMatchObject([{ days: 3650 }]);
});

test('of several keys those that are here and near their end', async () => {
  const [near, far, away] = [await ending(), await makeRootKey(gun, start), await ending()];
  const own = await owner({ keys: { root: [near, far, away] } });
  own.keys.remove(away.signer.keyId);
  await own.sign();
  expect((await certificates(own)).map(({ days }) => days)).toEqual([3650, 3650, 100]);
});

test.each<readonly [string, (own: Owner, root: ListedKey) => void]>([
  ['whose key is elsewhere', (own, root) => own.keys.remove(root.signer.keyId)],
  ['whose key nobody can open', (own, root) => void own.keys.locked.add(root.signer.keyId)],
])('a root %s keeps nobody from signing', async (_, harm) => {
  const root = await ending();
  const own = await owner({ keys: { root: [root] } });
  harm(own, root);
  const { plan } = await own.sign();
  expect(plan.documents).toMatchObject([{ role: 'targets' }]);
  expect(await own.released()).toEqual(['1.0']);
});

test('what an authority has signed is left to that authority', async () => {
  const [signer, authority] = [makeSigner(), makeSigner()];
  const life = { notBefore: start - dayMs, notAfter: start + 100 * dayMs };
  const issuer = { subject: 'Test Authority', signer: authority };
  const root = listedAs(chainPem(signer, { subject: gun, issuer, ...life }), signer);
  const own = await owner({ keys: { root: [root] } });
  await own.sign();
  expect(own.server.publications).toEqual([['targets']]);
});

test('too few root keys for the threshold: the root stays as it is', async () => {
  const [here, away] = [await ending(), await ending()];
  const own = await owner({ keys: { root: [here, away] }, thresholds: { root: 2 } });
  own.keys.remove(away.signer.keyId);
  await own.sign();
  expect(own.server.publications).toEqual([['targets']]);
});

test('nothing is published for its sake alone, and others are not asked to sign it in a bundle', async () => {
  const own = await owner({ keys: { root: [await ending()] } });
  await own.change({ kind: 'add-signer', name: 'alice', keys: makeKeys(1).map(({ key }) => key) });
  const { server } = own;
  server.publications.length = 0;
  expect((await certificates(own)).map(({ days }) => days)).toEqual([3650]);

  const other = await owner({ keys: { root: [await ending()] } });
  other.repository.tag('1.0', '1.0').publish();
  await other.sign(['1.0']);
  expect(other.server.publications).toEqual([]);
  await (await open(other, (await begin(other, signing('2.0'))).bytes)).publish();
  expect(other.server.publications).toEqual([['targets']]);
});
