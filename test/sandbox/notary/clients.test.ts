// The author and the verifier of this project against the sandbox's server: begin, sign again, resolve, and two authors at once.
import { beforeEach, expect, it } from 'vitest';
import { digestOf } from '../../../src/base/digest.ts';
import { utf8 } from '../../../src/base/bytes.ts';
import { prepareSign, type Author, type SignRequest } from '../../../src/tuf-client/author/index.ts';
import {
  createNotaryStore,
  createTrustClient,
  findReleased,
  parseServerUrl,
} from '../../../src/tuf-client/index.ts';
import { MemoryFiles } from '../../support/memory-files.ts';
import { target, TestKeys } from '../../tuf-client/author/support.ts';
import { gun, signedOf, TestServer, transportTo } from './support.ts';

let server: TestServer;
beforeEach(() => {
  server = new TestServer();
});

/** Somebody with a trust directory and keys of their own. */
function newAuthor(keys = new TestKeys()): Author {
  const transport = transportTo(server.server.handle, server.clock);
  const store = createNotaryStore({
    server: parseServerUrl('https://notary.test'),
    transport: () => transport,
  });
  const notices = { warn: () => undefined, info: () => undefined, debug: () => undefined };
  const trust = createTrustClient({
    ...{ store, files: new MemoryFiles(), clock: server.clock, notices, pins: [], firstUse: 'accept' },
    exclusively: (_name, action) => action(),
  });
  return { trust, store, keys, clock: server.clock, notices };
}

const sign = async (
  author: Author,
  tag: string,
  content: string,
  more: Partial<SignRequest> = {},
): Promise<void> => {
  const prepared = await prepareSign(author, { gun, targets: [target(tag, content)], ...more });
  await prepared.publish();
};
const resolved = async (tag: string): Promise<string> =>
  findReleased(await newAuthor().trust.update(gun), target(tag).name).digest;

it('signs a fresh repository, signs again, and resolves both times', async () => {
  const author = newAuthor();
  await sign(author, '1.0', 'first');
  expect(await resolved('1.0')).toBe(digestOf(utf8('first')));
  await sign(author, '1.0', 'second');
  expect(await resolved('1.0')).toBe(digestOf(utf8('second')));
  expect(signedOf((await server.get('targets.json')).bytes).version).toBe(2);
});

it('signs as a signer with a delegation', async () => {
  const author = newAuthor();
  await sign(author, '1.0', 'first', { signer: 'alice' });
  expect(await server.get('targets/alice.json')).toMatchObject({ status: 200 });
  expect(await resolved('1.0')).toBe(digestOf(utf8('first')));
});

it('lets two authors with the same keys sign at once: both tags are there', async () => {
  const keys = new TestKeys();
  await sign(newAuthor(keys), '1.0', 'first');
  await Promise.all([sign(newAuthor(keys), '2.0', 'two'), sign(newAuthor(keys), '3.0', 'three')]);
  expect(await resolved('2.0')).toBe(digestOf(utf8('two')));
  expect(await resolved('3.0')).toBe(digestOf(utf8('three')));
});

it('is refused as unpublished by a server that froze', async () => {
  const author = newAuthor();
  await sign(author, '1.0', 'first');
  await server.server.attacks.freeze(gun);
  await expect(sign(author, '1.0', 'second')).rejects.toMatchObject({ code: 'NOT_PERSISTED' });
  await server.server.attacks.restore(gun);
  expect(await resolved('1.0')).toBe(digestOf(utf8('second')));
});

it('begins again where the repository was deleted, with a new trust directory', async () => {
  await sign(newAuthor(), '1.0', 'first');
  await server.send('DELETE', `/v2/${gun}/_trust/tuf/`);
  await expect(resolved('1.0')).rejects.toMatchObject({ code: 'NO_TRUST_DATA' });
  await sign(newAuthor(), '1.0', 'again');
  expect(await resolved('1.0')).toBe(digestOf(utf8('again')));
});
