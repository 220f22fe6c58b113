// What the oracle has found: repositories on which Notary once was stricter than we were.
import { expect, test } from 'vitest';
import { makeKeys } from '../support/notary-simulator.ts';
import { expectRefusal, gun, makeRig, trustedRig } from '../tuf-client/support.ts';

test('SG-01: a delegation that nobody has signed refuses everything, not just itself', async () => {
  const rig = await trustedRig();
  const { repository } = rig;
  repository.delegate('targets/alice', makeKeys(1)).publish('targets', 'targets/alice');
  await rig.client.update(gun);
  repository.role('targets/alice').signedBy = [];
  repository.publish('targets/alice');
  await expectRefusal(rig, 'THRESHOLD', { role: 'targets/alice', signatures: 0 });
});

test('a delegation that only a stranger has signed refuses just itself', async () => {
  const rig = await trustedRig();
  const { repository } = rig;
  repository.delegate('targets/alice', makeKeys(1)).publish('targets', 'targets/alice');
  repository.role('targets/alice').signedBy = makeKeys(1);
  repository.publish('targets/alice');
  const { unusable } = await rig.client.update(gun);
  expect([...unusable]).toMatchObject([['targets/alice', { code: 'THRESHOLD' }]]);
});

test.each(['x', [null], {}, 1])('a root whose consistent_snapshot is %j', async (value) => {
  const rig = makeRig();
  const repository = await rig.server.repository(gun);
  repository.base.root.edit = (body) => ({ ...body, consistent_snapshot: value });
  repository.publishRoot().publish();
  await expectRefusal(rig, 'MALFORMED', { path: '$.signed.consistent_snapshot' });
});

test.each(['ver\u017fion', 'expire\u017f', 'EXPIRE\u017f'])(
  'JS-02: a second %j by another letter',
  async (name) => {
    const rig = makeRig();
    const repository = await rig.server.repository(gun);
    repository.top.edit = (body) => ({ ...body, [name]: body['version'] ?? null });
    repository.publish();
    await expectRefusal(rig, 'MALFORMED', { path: '$.signed' });
  },
);

test('JS-02: a key by the letter of Kelvin', async () => {
  const rig = makeRig();
  const repository = await rig.server.repository(gun);
  repository.base.root.edit = (body) => ({ ...body, '\u212aeys': {} });
  repository.publishRoot().publish();
  await expectRefusal(rig, 'MALFORMED', { path: '$.signed' });
});

test.each(['timestamp', 'snapshot'] as const)(
  '%s metadata with an entry that describes no file',
  async (role) => {
    const rig = makeRig();
    const repository = await rig.server.repository(gun);
    repository.base[role].edit = (body) => ({ ...body, meta: { ...(body['meta'] as object), 'no role': 1 } });
    repository.publish();
    await expectRefusal(rig, 'MALFORMED', { path: '$.signed.meta.no role' });
  },
);

test.each([1, { keyids: [1], threshold: 1 }, { keyids: [], threshold: 'x' }])(
  'a root with a retired role that is %j',
  async (retired) => {
    const rig = makeRig();
    const repository = await rig.server.repository(gun);
    repository.base.root.edit = (body) => ({
      ...body,
      roles: { ...(body['roles'] as object), 'root.1': retired },
    });
    repository.publishRoot().publish();
    await expectRefusal(rig, 'MALFORMED');
  },
);
