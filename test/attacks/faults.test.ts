// Every role, with every fault, before every state of the cache: refused, nothing stored, and well again once the server is (RT-25, SG-01, JS-06, DG-10).
import { describe, expect, test } from 'vitest';
import type { Code } from '../../src/base/errors.ts';
import type { JsonValue } from '../../src/base/json.ts';
import { makeKeys, makeRootKey, type SimulatedRepository } from '../support/notary-simulator.ts';
import { cachePath, gun, refusal, trustedRig, type Rig } from '../tuf-client/support.ts';
import type { RoleState } from '../support/notary/repository.ts';

const roles = ['root', 'timestamp', 'snapshot', 'targets', 'targets/releases'] as const;
type RoleUnderTest = (typeof roles)[number];
type Body = Record<string, JsonValue>;

function stateOf(repository: SimulatedRepository, role: RoleUnderTest): RoleState {
  return role.startsWith('targets') ? repository.role(role) : repository.base[role as 'root'];
}

/** Publishes the next version of a role, and of everything that has to name it. */
function republish(repository: SimulatedRepository, role: RoleUnderTest): void {
  if (role === 'root') repository.publishRoot().publishSnapshot();
  else if (role === 'timestamp') repository.publishTimestamp();
  else if (role === 'snapshot') repository.publishSnapshot();
  else repository.publish(role);
}

const edited = (edit: (body: Body) => JsonValue) => (state: RoleState) => void (state.edit = edit);

function without(body: Body, name: string): Body {
  return Object.fromEntries(Object.entries(body).filter(([other]) => other !== name));
}

/** What its writer signs, though it should not. */
const signedFaults: Record<string, (state: RoleState, rig: Rig) => unknown> = {
  'a body that is a list': edited(() => []),
  'a body that is empty': edited(() => ({})),
  'no type': edited((body) => without(body, '_type')),
  'the type of another role': edited((body) => ({ ...body, _type: 'Mirrors' })),
  'version 0': edited((body) => ({ ...body, version: 0 })),
  'version -1': edited((body) => ({ ...body, version: -1 })),
  'version as text': edited((body) => ({ ...body, version: '7' })),
  'no expiry': edited((body) => without(body, 'expires')),
  'an expiry that is a number': edited((body) => ({ ...body, expires: 4_000_000_000 })),
  'a name in another letter case beside the right one': edited((body) => ({ ...body, Version: 99 })),
  'no signature': (state) => (state.signedBy = []),
  'the signature of a stranger': (state) => (state.signedBy = makeKeys(1)),
  expired: (state, { server }) => (state.expires = server.clock.time),
};

const otherCodes: Record<string, Code> = {
  'no signature': 'THRESHOLD',
  'the signature of a stranger': 'THRESHOLD',
  expired: 'EXPIRED',
};

/** What happens to bytes on their way, or in a store that somebody broke. */
const byteFaults: Record<string, (bytes: Uint8Array) => Uint8Array> = {
  'no JSON': () => Buffer.from('!'),
  nothing: () => new Uint8Array(),
  null: () => Buffer.from('null'),
  'a space behind it': (bytes) => Buffer.concat([bytes, Buffer.from(' ')]),
  'a second document behind it': (bytes) => Buffer.concat([bytes, bytes]),
  'the last byte missing': (bytes) => bytes.subarray(0, -1),
  'one changed digit': (bytes) => {
    const text = Buffer.from(bytes).toString();
    return Buffer.from(text.replace(/"version":\d+/, '"version":8'));
  },
};

const caches: Record<string, (rig: Rig) => void> = {
  'a full cache': () => undefined,
  'an empty cache': ({ files }) => {
    for (const role of roles) if (role !== 'root') files.contents.delete(cachePath(role));
  },
  'a damaged cache': ({ files }) => {
    for (const role of roles) if (role !== 'root') files.contents.set(cachePath(role), Buffer.from('{"sig'));
  },
};

const rootKey = await makeRootKey(gun);

async function rigWithReleases(): Promise<Rig & { readonly repository: SimulatedRepository }> {
  const rig = await trustedRig({ keys: { root: [rootKey] } });
  rig.repository.delegate('targets/releases', makeKeys(1)).publish('targets', 'targets/releases');
  await rig.client.update(gun);
  return rig;
}

/** Refused for reasons of trust, no file changed; the honest server is believed again afterwards. */
async function expectUnharmed(rig: Rig, recover: () => void, code?: Code): Promise<void> {
  const before = rig.files.copy();
  const error = await refusal(rig);
  expect([error.family, error.code]).toEqual(['trust', code ?? error.code]);
  expect(rig.files.differences(before)).toEqual([]);
  recover();
  await expect(rig.client.update(gun)).resolves.toMatchObject({ origin: 'server' });
}

describe.each(roles)('SG-01, FZ-02, DG-10: %s', (role) => {
  test.each(Object.entries(signedFaults))('%s', async (fault, spoil) => {
    const rig = await rigWithReleases();
    const honest = rig.repository.saved();
    spoil(stateOf(rig.repository, role), rig);
    republish(rig.repository, role);
    await expectUnharmed(rig, honest, otherCodes[fault] ?? 'MALFORMED');
  });
});

describe.each(Object.entries(caches))('%s', (_cache, prepare) => {
  describe.each(roles)('JS-06, MM-01, DG-10: %s', (role) => {
    test.each(Object.entries(byteFaults))('%s', async (fault, spoil) => {
      const rig = await rigWithReleases();
      const { repository } = rig;
      republish(repository, role);
      const honest = repository.saved();
      const name =
        role === 'root' ? `${repository.base.root.version}.root.json` : repository.servedName(role);
      // White space behind a timestamp or a root is covered by no hash, and means nothing (JS-15).
      const isHarmless = fault === 'a space behind it' && (role === 'timestamp' || role === 'root');
      repository.tamper(name, spoil);
      prepare(rig);
      if (isHarmless && role === 'timestamp') await expect(rig.client.update(gun)).resolves.toBeDefined();
      else await expectUnharmed(rig, honest);
    });
  });
});

describe('RT-25: thresholds that are no numbers of keys', () => {
  test.each(['1.5', '9007199254740992', '9223372036854775808', '1e2', 'true', '"1"', '[]'])(
    '%s',
    async (text) => {
      const rig = await rigWithReleases();
      const honest = rig.repository.saved();
      rig.repository.publishRoot().publishSnapshot();
      const name = `${rig.repository.base.root.version}.root.json`;
      rig.repository.tamper(name, (bytes) =>
        Buffer.from(Buffer.from(bytes).toString().replace('"threshold":1', `"threshold":${text}`)),
      );
      await expectUnharmed(rig, honest);
    },
  );
});
