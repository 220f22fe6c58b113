// What is tried again, what is done at once, and what is listed without an end, is counted.
import { expect, it, vi } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { digestOf } from '../../src/base/digest.ts';
import { limits } from '../../src/base/limits.ts';
import { makeGun } from '../../src/base/reference.ts';
import { eachRepository } from '../../src/cli/each-repository.ts';
import { ContentGraph } from '../../src/proxy/policy/content-graph.ts';
import { createLedger } from '../../src/tuf-client/cache/index.ts';
import { codeOfRejection } from '../support/code-of.ts';
import { answer, clientOf, json, scripted } from '../registry/support.ts';
import { expectRefusal, gun, refusal, trustedRig } from '../tuf-client/support.ts';

// A million tags take a while; the same bound, at a thousandth.
vi.mock(import('../../src/base/limits.ts'), async (importOriginal) => {
  const { limits: real } = await importOriginal();
  return { limits: { ...real, tags: 1000 } as unknown as typeof real };
});

it('limits.updateAttempts: an update that other processes overtake again and again ends', async () => {
  const rig = await trustedRig();
  const old = rig.repository.saved();
  rig.repository.publish();
  await rig.client.update(gun);
  // The server shows what it showed before, and somebody writes into the ledger while we look.
  old();
  await expectRefusal(rig, 'ROLLBACK');
  const ledger = createLedger(rig.files);
  rig.server.takeRequests();
  let attempts = 0;
  rig.server.beforeDownload = (name) => {
    if (name !== 'timestamp.json') return;
    attempts += 1;
    const path = `dct/${gun}/_ledger.json`;
    const text = Buffer.from(rig.files.contents.get(path) ?? []).toString();
    const later = text.replace(/"confirmedAt": (\d+)/u, (_, at) => `"confirmedAt": ${Number(at) + 60_000}`);
    rig.files.contents.set(path, utf8(later));
  };
  expect((await refusal(rig)).code).toBe('ROLLBACK');
  expect(attempts).toBe(limits.updateAttempts);
  expect((await ledger.read(gun))?.root.version).toBe(1);
});

it('limits.repositoriesAtOnce: so many are worked on side by side', async () => {
  const items = Array.from({ length: 20 }, (_, n) => ({ gun: makeGun('registry.test', `app${n}`) }));
  let [now, most] = [0, 0];
  await eachRepository(items, new Map(), async () => {
    most = Math.max(most, ++now);
    await new Promise(setImmediate);
    now -= 1;
  });
  expect(most).toBe(limits.repositoriesAtOnce);
});

it('limits.reachableReadsAtOnce: of more manifests that nobody has read, so many are read next', () => {
  const roots = Array.from({ length: limits.reachableReadsAtOnce + 1 }, (_, n) => digestOf(utf8(`${n}`)));
  const next = new ContentGraph().unread(roots, 0, limits.reachableReadsAtOnce);
  expect(next).toEqual(roots.slice(0, -1));
});

it('limits.tags: a registry that lists more tags than anybody has is left', async () => {
  const page = json({ name: 'a/b', tags: Array.from({ length: 250 }, (_, n) => `t${n}`) });
  const link = { link: '</v2/a/b/tags/list?n=2&last=1>; rel="next"' };
  const transport = scripted(() => answer(200, link, page));
  expect(await codeOfRejection(clientOf(transport).tags('a/b'))).toBe('LIMIT');
  expect(transport.asked).toHaveLength(limits.tags / 250 + 1);
});
