// Uploads that are no publication at all: 400 where the real server crashes or guesses, and nothing changes (dialect 7.3).
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { limits } from '../../../src/base/limits.ts';
import { makeKeys } from '../../support/notary-simulator.ts';
import { form, publishedOwner, TestServer, tuf, twinsOf, type Owner, type Parts } from './support.ts';

/** A published repository with a delegation, made once and copied for every test. */
let published: { readonly server: TestServer; readonly owner: Owner };
let server: TestServer;
let owner: Owner;
beforeAll(async () => {
  const first = new TestServer();
  published = { server: first, owner: await publishedOwner(first) };
  published.owner.repository.delegate('targets/alice', makeKeys(1));
  await first.publish(published.owner.next('targets', 'targets/alice'));
});
beforeEach(() => {
  ({ server, owner } = twinsOf(published.server, published.owner));
});

const contentType = { 'content-type': 'multipart/form-data; boundary=boundary' };
const targetsHead = 'Content-Disposition: form-data; name="files"; filename="targets"';
it.each([
  ['no multipart body', {}, 'x', 400, 'MALFORMED_UPLOAD'],
  [
    'a form of another kind',
    { 'content-type': 'application/x-www-form-urlencoded' },
    'a=b',
    400,
    'MALFORMED_UPLOAD',
  ],
  ['no boundary', { 'content-type': 'multipart/form-data' }, 'x', 400, 'MALFORMED_UPLOAD'],
  ['an empty body', contentType, '', 400, 'MALFORMED_UPLOAD'],
  ['a part head cut short', contentType, '--boundary\r\nContent-Dispo', 400, 'MALFORMED_UPLOAD'],
  ['a part cut short', contentType, `--boundary\r\n${targetsHead}\r\n\r\n{}`, 400, 'MALFORMED_UPLOAD'],
  [
    'no last boundary',
    contentType,
    `--boundary\r\n${targetsHead}\r\n\r\n{}\r\n--boundary\r\n`,
    400,
    'MALFORMED_UPLOAD',
  ],
  [
    'a part without a file name',
    contentType,
    '--boundary\r\nContent-Disposition: form-data; name="root"\r\n\r\n{}\r\n--boundary--\r\n',
    400,
    'NO_FILENAME',
  ],
  [
    'an announced length beyond the bound',
    { ...contentType, 'content-length': String(limits.publicationBytes + 1) },
    '',
    413,
    'MALFORMED_UPLOAD',
  ],
])('%s', async (_, headers, body, status, code) => {
  const before = await server.served();
  expect(await server.send('POST', tuf(), { headers, body })).toMatchObject({ status, code });
  expect(await server.served()).toEqual(before);
});

it.each<[string, Parts, object]>([
  ['an empty file name', [['', '{}']], { code: 'NO_FILENAME' }],
  ['a name that is no role', [['alice', '{}']], { code: 'INVALID_ROLE', detail: 'alice' }],
  ['a role in capitals', [['targets/Alice', '{}']], { code: 'INVALID_ROLE', detail: 'targets/Alice' }],
  ['a way out of the directory', [['../root', '{}']], { code: 'INVALID_ROLE', detail: '../root' }],
  ['two endings', [['root.json.json', '{}']], { code: 'INVALID_ROLE', detail: 'root.json.json' }],
  ['something that is not JSON', [['targets', 'x']], { code: 'MALFORMED_JSON' }],
  ['nothing at all', [['targets', '']], { code: 'MALFORMED_JSON' }],
  ['an empty object', [['targets', '{}']], { code: 'MALFORMED_JSON' }],
  ['no signed part', [['targets', '{"signatures":[]}']], { code: 'MALFORMED_JSON' }],
  [
    'a signed part that is null',
    [['targets', '{"signed":null,"signatures":[]}']],
    { code: 'MALFORMED_JSON' },
  ],
  [
    'a version in quotes',
    [['root', '{"signed":{"version":"1"},"signatures":[]}']],
    { code: 'MALFORMED_JSON' },
  ],
])('%s', async (_, parts, expected) => {
  const before = await server.served();
  expect(await server.publish(parts)).toMatchObject({ status: 400, ...expected });
  expect(await server.served()).toEqual(before);
});

it('two parts for one role', async () => {
  const [part] = owner.next('targets');
  if (part === undefined) throw new Error('there is no part');
  const before = await server.served();
  const answer = await server.publish([part, [`${part[0]}.json`, part[1]]]);
  expect(answer).toMatchObject({
    status: 400,
    code: 'MALFORMED_UPLOAD',
    detail: 'there are two parts for targets',
  });
  expect(await server.served()).toEqual(before);
});

it('a bad part after a good one', async () => {
  const before = await server.served();
  expect(await server.publish([...owner.next('targets'), ['targets/alice', 'x']])).toMatchObject({
    code: 'MALFORMED_JSON',
  });
  expect(await server.served()).toEqual(before);
});

it('a name as long as a book, and the answer stays short', async () => {
  const answer = await server.publish([['\u0001é'.repeat(20_000), '{}']]);
  expect(answer).toMatchObject({ status: 400, code: 'INVALID_ROLE' });
  expect(answer.bytes.byteLength).toBeLessThanOrEqual(limits.refusalBytes);
});

it('a body in one piece and one in many are the same', async () => {
  const { headers = {}, body } = form(owner.next('targets'));
  const answer = await server.server.handle({
    method: 'POST',
    target: tuf(),
    headers,
    body: (async function* () {
      for (const byte of body as Uint8Array) yield await Promise.resolve(Uint8Array.of(byte));
    })(),
  });
  expect(answer.status).toBe(200);
});
