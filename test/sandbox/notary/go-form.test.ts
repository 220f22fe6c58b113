// Files that Go would write otherwise are refused with the reason, since every other server would break over them (dialect 2.2).
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../../src/base/json.ts';
import { makeKeys, signBody } from '../../support/notary-simulator.ts';
import { publishedOwner, TestServer, twinsOf, type Owner } from './support.ts';

let published: { readonly server: TestServer; readonly owner: Owner };
let server: TestServer;
let owner: Owner;
beforeAll(async () => {
  const first = new TestServer();
  published = { server: first, owner: await publishedOwner(first) };
});
beforeEach(() => {
  ({ server, owner } = twinsOf(published.server, published.owner));
});

/** The next targets file, its text changed after it was signed. */
function altered(change: (text: string) => string): string {
  const [part] = owner.next('targets');
  return change(Buffer.from(part?.[1] ?? []).toString('utf8'));
}

/** The next targets file, its body changed before it was signed: every signature is right. */
function signedAs(change: (body: Record<string, JsonValue>) => JsonObject): Uint8Array {
  const { top } = owner.repository;
  const text = altered((whole) => whole);
  const { signed } = JSON.parse(text) as { signed: Record<string, JsonValue> };
  return signBody(change(signed), top.keys);
}

function without(body: Record<string, JsonValue>, name: string): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([field]) => field !== name));
}

async function expectRefused(content: Uint8Array | string, reason: RegExp): Promise<void> {
  const before = await server.served();
  const answer = await server.publish([['targets', content]]);
  expect(answer).toMatchObject({ status: 400, code: 'MALFORMED_JSON' });
  expect(answer.detail).toMatch(/^targets is not JSON in Go form: /);
  expect(answer.detail).toMatch(reason);
  expect(await server.served()).toEqual(before);
}

describe('bytes', () => {
  it.each<[string, (text: string) => string, RegExp]>([
    ['a line feed at the end', (text) => `${text}\n`, /Go writes nothing more, the file has "\\n"/],
    ['a space', (text) => text.replace('{"signed":', '{"signed": '), /at byte 10 Go writes/],
    [
      'signatures before signed',
      (text) => text.replace(/^\{("signed":.*),("signatures":\[.*\])\}$/, '{$2,$1}'),
      /at byte 6 Go writes "ed/,
    ],
    [
      'members of a signature in another order',
      (text) => text.replace(/("keyid":"\w+"),("method":"\w+")/, '$2,$1'),
      /Go writes "keyid/,
    ],
    ['a method in capitals', (text) => text.replace('"ecdsa"', '"ECDSA"'), /Go writes "ecdsa/],
    [
      'members of signed in another order',
      (text) =>
        text.replace('{"_type":"Targets",', '{').replace(/("version":2)(\},"sig)/, '$1,"_type":"Targets"$2'),
      /Go writes "_type/,
    ],
    ['an escape that nobody needs', (text) => text.replace('1.0', '1\\u002e0'), /Go writes/],
    ['a character that Go escapes', (text) => text.replace('1.0', '<1.0>'), /Go writes "\\\\u003c1.0/],
    [
      'a name that comes twice',
      (text) => text.replace('"version":', '"version":1,"version":'),
      /occurs twice/,
    ],
    [
      'signatures that are null',
      (text) => text.replace(/"signatures":\[.*\]/, '"signatures":null'),
      /Go writes/,
    ],
    ['a field beside signed', (text) => text.replace('{"signed"', '{"more":1,"signed"'), /Go writes/],
    [
      'a number with a fraction',
      (text) => text.replace('"version":2', '"version":2.0'),
      /not a safe integer/,
    ],
    ['a byte order mark', (text) => `\ufeff${text}`, /expected a value/],
    ['something after the document', (text) => `${text}{}`, /something follows/],
  ])('%s', async (_, change, reason) => {
    const text = altered((whole) => whole);
    const changed = change(text);
    expect(changed).not.toBe(text);
    await expectRefused(changed, reason);
  });
});

describe('fields, under a valid signature:', () => {
  const target = { hashes: { sha256: 'AAAA' }, length: 1 };
  it.each<[string, (body: Record<string, JsonValue>) => JsonObject, RegExp]>([
    ['an unknown one', (body) => ({ ...body, more: 1 }), /\$\.signed: the field "more" is not known/],
    [
      'one in capitals',
      ({ targets = null, ...body }) => ({ ...body, Targets: targets }),
      /"Targets" is not known/,
    ],
    ['no delegations', (body) => without(body, 'delegations'), /the field "delegations" is missing/],
    [
      'delegations that are null',
      (body) => ({ ...body, delegations: null }),
      /\$\.signed\.delegations: it is not an object/,
    ],
    [
      'delegation keys that are null',
      (body) => ({ ...body, delegations: { keys: null, roles: [] } }),
      /delegations\.keys/,
    ],
    ['no targets', (body) => without(body, 'targets'), /the field "targets" is missing/],
    ['no expiry', (body) => without(body, 'expires'), /the field "expires" is missing/],
    [
      'custom data that is null',
      (body) => ({ ...body, targets: { a: { ...target, custom: null } } }),
      /targets\.a\.custom: it is not a value/,
    ],
    [
      'an unknown one in a target',
      (body) => ({ ...body, targets: { a: { ...target, size: 1 } } }),
      /targets\.a: the field "size"/,
    ],
    [
      'a hash that is not base64',
      (body) => ({ ...body, targets: { a: { hashes: { sha256: '!' }, length: 1 } } }),
      /it is not standard base64/,
    ],
    [
      'a fraction that ends in a zero',
      (body) => ({ ...body, expires: '2031-01-01T00:00:00.120Z' }),
      /expires: it is not a time as Go writes it/,
    ],
    ['a fraction of zeros', (body) => ({ ...body, expires: '2031-01-01T00:00:00.000Z' }), /as Go writes it/],
    [
      'an offset of nothing',
      (body) => ({ ...body, expires: '2031-01-01T00:00:00+00:00' }),
      /as Go writes it/,
    ],
    [
      'ten digits of a second',
      (body) => ({ ...body, expires: '2031-01-01T00:00:00.1234567891Z' }),
      /as Go writes it/,
    ],
    ['a version in quotes', (body) => ({ ...body, version: '2' }), /version: it is not an integer/],
    [
      'a delegation with an empty list of paths',
      (body) => ({
        ...body,
        delegations: { keys: {}, roles: [{ keyids: [], name: 'targets/a', paths: [], threshold: 1 }] },
      }),
      /roles\[0\]\.paths: Go leaves an empty list out/,
    ],
    [
      'a private key',
      (body) => ({
        ...body,
        delegations: {
          keys: { a: { keytype: 'ecdsa', keyval: { private: 'AAAA', public: 'AAAA' } } },
          roles: [],
        },
      }),
      /keyval\.private: it is not null/,
    ],
  ])('%s', async (_, change, reason) => {
    await expectRefused(signedAs(change), reason);
  });
});

describe('what Go does write is taken:', () => {
  it.each<[string, (body: Record<string, JsonValue>) => JsonObject]>([
    ['milliseconds', (body) => ({ ...body, expires: '2031-01-01T00:00:00.123Z' })],
    ['nine digits of a second', (body) => ({ ...body, expires: '2031-01-01T00:00:00.100000001Z' })],
    ['a time zone', (body) => ({ ...body, expires: '2031-01-01T00:00:00+02:00' })],
    ['targets that are null', (body) => ({ ...body, targets: null })],
    [
      'delegations after the last was removed',
      (body) => ({ ...body, delegations: { keys: {}, roles: null } }),
    ],
    [
      'a delegation without keys and paths',
      (body) => ({
        ...body,
        delegations: { keys: {}, roles: [{ keyids: null, name: 'targets/a', threshold: 1 }] },
      }),
    ],
    [
      'text of all kinds',
      (body) => ({ ...body, targets: { 'a<b>&c \u2028 "Grüße" 😀 \u007f': { hashes: {}, length: 1 } } }),
    ],
    [
      'custom data',
      (body) => ({
        ...body,
        targets: { a: { custom: { b: [null, true, -1], a: '' }, hashes: {}, length: 1 } },
      }),
    ],
    [
      'names that are something else in JavaScript',
      (body) => ({
        ...body,
        targets: JSON.parse(
          '{"__proto__":{"hashes":{},"length":1},"constructor":{"hashes":{},"length":1}}',
        ) as JsonObject,
      }),
    ],
  ])('%s', async (_, change) => {
    const content = signedAs(change);
    expect(await server.publish([['targets', content]])).toMatchObject({ status: 200 });
    expect((await server.get('targets.json')).bytes).toEqual(content);
  });

  it('a root that still lists the keys of roles from before', async () => {
    owner.repository.base.root.edit = (body) => {
      const [stranger] = makeKeys(1);
      if (stranger === undefined) throw new Error('there is no key');
      const key = {
        keytype: 'ecdsa',
        keyval: { private: null, public: Buffer.from(stranger.key.value).toString('base64') },
      };
      const roles = { ...(body['roles'] as JsonObject), 'root.1': { keyids: [stranger.id], threshold: 1 } };
      return { ...body, keys: { ...(body['keys'] as JsonObject), [stranger.id]: key }, roles };
    };
    owner.repository.publishRoot();
    expect(await server.publish([owner.part('root')])).toMatchObject({ status: 200 });
  });
});
