// Several publishers at the same time: each update is decided on what the one before left (dialect 9.4 step 6).
import { beforeEach, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../src/tuf-client/trust/index.ts';
import { makeKeys } from '../../support/notary-simulator.ts';
import { publishedOwner, signedOf, TestServer } from './support.ts';

let server: TestServer;
beforeEach(() => {
  server = new TestServer();
});

describe('ten publishers at once', () => {
  it('of the same version: one wins, and the others are told so', async () => {
    const owner = await publishedOwner(server);
    const offers = Array.from({ length: 10 }, (_, i) => {
      owner.repository.top.version = 1;
      owner.repository.tag('latest', `content ${i}`);
      return owner.next('targets');
    });
    const answers = await Promise.all(offers.map((parts) => server.publish(parts)));
    expect(answers.map(({ status, code }) => code ?? status).sort()).toEqual(
      [200, ...Array.from({ length: 9 }, () => 'VERSION')].sort(),
    );
    const winner = offers[answers.findIndex(({ status }) => status === 200)]?.[0]?.[1];
    expect((await server.get('targets.json')).bytes).toEqual(winner);
    expect(signedOf((await server.get('timestamp.json')).bytes).version).toBe(2);
  });

  it('of different roles: all are in the last snapshot', async () => {
    const owner = await publishedOwner(server);
    const roles = Array.from({ length: 10 }, (_, i) => `targets/signer${i}`);
    for (const role of roles) owner.repository.delegate(role, makeKeys(1));
    await server.publish(owner.next('targets'));
    const answers = await Promise.all(roles.map((role) => server.publish(owner.next(role))));
    expect(answers.map(({ status }) => status)).toEqual(roles.map(() => 200));
    const { meta, version } = signedOf((await server.get('snapshot.json')).bytes);
    expect(Object.keys(meta)).toEqual(expect.arrayContaining(roles));
    expect(version).toBe(12);
    for (const role of roles) {
      const [, bytes] = owner.part(role);
      expect((await server.get(`${role}.${sha256Hex(bytes)}.json`)).bytes).toEqual(bytes);
    }
  });
});
