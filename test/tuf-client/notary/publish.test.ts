// Publications and server keys: what is sent, and what the server's answers mean.
import { describe, expect, test, vi } from 'vitest';
import { utf8 } from '../../../src/base/bytes.ts';
import { DctError, type Code } from '../../../src/base/errors.ts';
import { limits } from '../../../src/base/limits.ts';
import type { RoleName } from '../../../src/tuf-client/model/index.ts';
import { codeOfRejection } from '../../support/code-of.ts';
import { bytes, reply, serve, serveRaw, type HostileServer } from '../../support/hostile-server.ts';
import { gun, storeOn, tufPath } from './support.ts';

const json = { 'content-type': 'application/json; charset=utf-8' };
const files = new Map<RoleName, Uint8Array>([
  ['root' as RoleName, utf8('{"r":1}')],
  ['targets/a/b' as RoleName, utf8('{"d":"ü"}\r\n--dct\r\n')],
]);

const envelope = (error: object): string => `${JSON.stringify({ errors: [error] })}\n`;
const refusing = (body: string | Uint8Array, status = 400): Promise<HostileServer> =>
  serve(reply(status, json, body));

async function refusalOf(body: string): Promise<DctError> {
  try {
    await storeOn(await refusing(body)).publish(gun, files);
  } catch (error) {
    if (error instanceof DctError) return error;
    throw error;
  }
  throw new Error('it was published');
}

describe('the request', () => {
  test('one POST with all files in order, roles with their slashes, contents untouched (dialect 7.3)', async () => {
    const server = await serve(reply(200, {}));
    const store = storeOn(server);
    expect(await store.publish(gun, files)).toBe('published');
    expect(server.heard).toHaveLength(1);
    const [{ method, path, headers, body }] = server.heard as [(typeof server.heard)[number]];
    expect({ method, path }).toEqual({ method: 'POST', path: tufPath });
    const boundary = /^multipart\/form-data; boundary=([a-z0-9-]{20,70})$/.exec(
      String(headers['content-type']),
    )?.[1];
    const part = (role: string, content: string): string =>
      `--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="${role}"\r\n` +
      `Content-Type: application/octet-stream\r\n\r\n${content}\r\n`;
    expect(body).toBe(
      `${part('root', '{"r":1}')}${part('targets/a/b', '{"d":"ü"}\r\n--dct\r\n')}--${boundary}--\r\n`,
    );
    expect(headers['content-length']).toBe(String(utf8(body).byteLength));
    expect(store.scopes).toEqual([`repository:${gun}:push,pull`]);
  });

  test('the boundary is new every time', async () => {
    const server = await serve(reply(200, {}));
    const store = storeOn(server);
    await store.publish(gun, files);
    await store.publish(gun, files);
    const [first, second] = server.heard.map(({ headers }) => headers['content-type']);
    expect(first).not.toBe(second);
  });

  test('below a base path', async () => {
    const server = await serve(reply(200, {}));
    await storeOn(server, {}, '/sub/').publish(gun, files);
    expect(server.heard[0]?.path).toBe(`/sub${tufPath}`);
  });
});

describe('answers', () => {
  test('VERSION: somebody else was first (PB-07)', async () => {
    const server = await refusing(
      envelope({ code: 'VERSION', message: 'A newer version of metadata is already available.' }),
    );
    expect(await storeOn(server).publish(gun, files)).toBe('version-conflict');
  });

  test('the server has no snapshot key', async () => {
    const detail = {
      Name: 'ErrBadHierarchy',
      Error: { Missing: 'snapshot', Msg: 'no snapshot was included' },
    };
    const server = await refusing(envelope({ code: 'INVALID_UPDATE', message: 'invalid', detail }));
    expect(await storeOn(server).publish(gun, files)).toBe('no-snapshot-key');
  });

  test('another refusal, with its reason', async () => {
    const detail = { Name: 'ErrBadRoot', Error: { Msg: 'rotation is wrong' } };
    const error = await refusalOf(
      envelope({ code: 'INVALID_UPDATE', message: 'Update is invalid.', detail }),
    );
    expect(error).toMatchObject({
      code: 'PUBLISH_REFUSED',
      facts: { gun, status: 400, detail: 'INVALID_UPDATE: Update is invalid.: rotation is wrong' },
    });
  });

  const silent = 'the server gave no reason';
  test.each([
    ['nothing', ''],
    ['no JSON', 'bad request'],
    ['HTML', '<html>'],
    ['another document', '{"error":"x"}'],
    ['no errors', '{"errors":[]}'],
    ['errors that are no list', '{"errors":{"code":"VERSION"}}'],
    ['an error that is null', '{"errors":[null]}'],
    ['two codes in one error', '{"errors":[{"code":"VERSION","code":"VERSION"}]}'],
  ])('a refusal that says %s (PB-06)', async (_, body) => {
    expect((await refusalOf(body)).facts['detail']).toBe(silent);
  });

  test.each([
    ['a code that is a number', { code: 400 }],
    ['an unknown class of detail', { code: 'X', detail: { Name: 'Err', Error: 'text' } }],
    ['a detail that is a list', { code: 'X', detail: [{ Error: { Missing: 'snapshot' } }] }],
    ['a missing role that is no text', { code: 'X', detail: { Error: { Missing: ['snapshot'] } } }],
    [
      'a prototype',
      { code: 'X', detail: JSON.parse('{"__proto__":{"Error":{"Missing":"snapshot"}}}') as object },
    ],
  ])('a refusal with %s is a refusal (PB-06)', async (_, error) => {
    expect((await refusalOf(envelope(error))).code).toBe('PUBLISH_REFUSED');
  });

  test('a long reason with escape sequences is cut, and shown harmlessly (PB-06)', async () => {
    const detail = { Error: { Msg: `\u001b[2J\u202e\n${'x'.repeat(20_000)}` } };
    const error = await refusalOf(envelope({ code: 'INVALID_UPDATE', detail }));
    expect(error.message).not.toMatch(/[\u0000-\u001f\u202e]/);
    expect(error.message.length).toBeLessThan(600);
  });

  test('a reason of a megabyte is not read (PB-06)', async () => {
    const server = await refusing(envelope({ code: 'X', detail: 'x'.repeat(1 << 20) }));
    expect(await codeOfRejection(storeOn(server).publish(gun, files))).toBe('PUBLISH_REFUSED');
  });

  test.each<[number, Code]>([
    [201, 'NOT_METADATA'],
    [204, 'NOT_METADATA'],
    [302, 'NOT_METADATA'],
    [307, 'NOT_METADATA'],
    [401, 'ACCESS_DENIED'],
    [403, 'ACCESS_DENIED'],
    [404, 'NOT_METADATA'],
    [413, 'PUBLISH_REFUSED'],
    [429, 'SERVER_ERROR'],
    [500, 'SERVER_ERROR'],
    [503, 'SERVER_ERROR'],
  ])('%i: %s, and nothing is sent twice', async (status, code) => {
    const server = await serve(reply(status, { location: '/elsewhere' }));
    expect(await codeOfRejection(storeOn(server).publish(gun, files))).toBe(code);
    expect(server.heard).toHaveLength(1);
  });

  test('a connection that breaks instead of an answer is not tried again', async () => {
    const server = await serveRaw(bytes('', 'reset'));
    expect(await codeOfRejection(storeOn(server).publish(gun, files))).toBe('CUT_OFF');
    // The raw server takes every empty line of the body for the end of a head.
    expect(server.heard.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });
});

describe('keys of the server (PB-03)', () => {
  const key = (public_ = 'AAEC', extra = {}): string =>
    JSON.stringify({ keytype: 'ed25519', keyval: { public: public_, private: null, ...extra } });
  const ask = async (body: string, status = 200, headers: Record<string, string> = json) => {
    const server = await serve(reply(status, headers, body));
    const store = storeOn(server);
    return { server, store, answer: store.serverKey(gun, 'snapshot') };
  };

  test('GET, with the scope to write, in the order of members that Go uses', async () => {
    const { server, store, answer } = await ask(key());
    expect(await answer).toEqual({ type: 'ed25519', value: Uint8Array.of(0, 1, 2) });
    expect(server.heard).toMatchObject([{ method: 'GET', path: `${tufPath}snapshot.key` }]);
    expect(store.scopes).toEqual([`repository:${gun}:push,pull`]);
  });

  test.each<[string, string, Code]>([
    ['no JSON', 'ed25519 AAEC', 'MALFORMED'],
    ['null', 'null', 'MALFORMED'],
    ['an empty object', '{}', 'MALFORMED'],
    ['no public half', '{"keytype":"ed25519","keyval":{}}', 'MALFORMED'],
    ['a public half in hexadecimal', key('abc'), 'MALFORMED'],
    ['two types', '{"keytype":"rsa","keytype":"ecdsa","keyval":{"public":"AAEC"}}', 'MALFORMED'],
    ['a private half (SG-18)', key('AAEC', { private: 'AAEC' }), 'PRIVATE_KEY_PUBLISHED'],
    ['a page', '<html>', 'NOT_METADATA'],
    ['too much', `${key()}${' '.repeat(limits.serverKeyBytes)}`, 'LIMIT'],
  ])('%s: refused', async (_, body, code) => {
    expect(await codeOfRejection((await ask(body)).answer)).toBe(code);
  });

  test('one after the other, however many are asked for: a server that keeps them itself dies of two at once', async () => {
    const waiting: (() => void)[] = [];
    const server = await serve((response) => {
      waiting.push(() => {
        response.writeHead(waiting.length === 2 ? 500 : 200, json).end(key());
      });
    });
    const store = storeOn(server);
    const asked = [
      store.serverKey(gun, 'timestamp'),
      store.rotateServerKey(gun, 'snapshot'),
      store.serverKey(gun, 'snapshot'),
    ];
    for (const [i, answer] of asked.entries()) {
      await vi.waitUntil(() => waiting.length > i);
      expect(server.heard).toHaveLength(i + 1);
      waiting[i]?.();
      await Promise.allSettled([answer]);
    }
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test.each<[number, Code]>([
    [302, 'NOT_METADATA'],
    [401, 'ACCESS_DENIED'],
    [404, 'NOT_METADATA'],
    [500, 'SERVER_ERROR'],
  ])('%i: %s', async (status, code) => {
    expect(await codeOfRejection((await ask('', status)).answer)).toBe(code);
  });
});
