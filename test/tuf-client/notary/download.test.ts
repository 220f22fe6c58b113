// Downloads from servers that answer anything but metadata (attacks ED-01 to ED-10).
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { DctError, isDctError, type Code } from '../../../src/base/errors.ts';
import { toHex } from '../../../src/base/bytes.ts';
import { limits } from '../../../src/base/limits.ts';
import { roleNames, type MetadataFile, type RoleName } from '../../../src/tuf-client/model/index.ts';
import type { Deadlines } from '../../../src/http/exchange.ts';
import {
  bytes,
  reply,
  serve,
  serveRaw,
  serveSilence,
  type HostileServer,
} from '../../support/hostile-server.ts';
import { codeOfRejection } from '../../support/code-of.ts';
import { gun, storeOn, tufPath } from './support.ts';

const timestamp: MetadataFile = { role: roleNames.timestamp };
const json = { 'content-type': 'application/json' };

function download(server: HostileServer, maxBytes = 1000, deadlines: Partial<Deadlines> = {}) {
  return storeOn(server, deadlines).download(gun, timestamp, maxBytes);
}

async function failure(promise: Promise<unknown>): Promise<DctError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof DctError) return error;
  throw new Error('it did not fail as foreseen', { cause: error });
}

describe('requests', () => {
  const sha256 = toHex(new Uint8Array(32).fill(0xab));
  test.each<[MetadataFile, string]>([
    [timestamp, 'timestamp.json'],
    [{ role: roleNames.root }, 'root.json'],
    [{ role: roleNames.root, version: 12 }, '12.root.json'],
    [{ role: roleNames.snapshot, sha256 }, `snapshot.${sha256}.json`],
    [{ role: 'targets/a/b' as RoleName, sha256 }, `targets/a/b.${sha256}.json`],
  ])('%j: GET %s, with the scope to read', async (file, name) => {
    const server = await serve(reply(200, json, '{}'));
    const store = storeOn(server);
    await store.download(gun, file, 100);
    expect(server.heard).toMatchObject([{ method: 'GET', path: `${tufPath}${name}`, body: '' }]);
    expect(store.scopes).toEqual([`repository:${gun}:pull`]);
  });

  test('only the plain encoding is asked for, and no credentials are sent (ED-09)', async () => {
    const server = await serve(reply(200, json, '{}'));
    await download(server);
    expect(server.heard[0]?.headers).toMatchObject({ 'accept-encoding': 'identity' });
    expect(server.heard[0]?.headers).not.toHaveProperty('authorization');
  });

  test.each(['/sub', '/sub/', '/a/b'])('a server below %s', async (path) => {
    const server = await serve(reply(200, json, '{}'));
    await storeOn(server, {}, path.replace(/\/*$/, '/')).download(gun, timestamp, 100);
    expect(server.heard[0]?.path).toBe(`${path.replace(/\/$/, '')}${tufPath}timestamp.json`);
  });
});

describe('answers', () => {
  test('the exact bytes, white space included (JS-15)', async () => {
    const server = await serve(reply(200, { 'content-type': 'text/plain; charset=utf-8' }, ' {"a":1}\r\n '));
    expect(Buffer.from((await download(server)) ?? []).toString()).toBe(' {"a":1}\r\n ');
  });

  test('404: the server does not have the file, whatever else it says', async () => {
    expect(
      await download(await serve(reply(404, { 'content-type': 'text/html' }, '<html>'))),
    ).toBeUndefined();
    expect(await download(await serve(reply(404, {}, 'x'.repeat(100_000))))).toBeUndefined();
  });

  const other = 'https://elsewhere.example/';
  test.each<[number, Record<string, string>, Code]>([
    [201, {}, 'NOT_METADATA'],
    [203, {}, 'NOT_METADATA'],
    [204, {}, 'NOT_METADATA'],
    [206, { 'content-range': 'bytes 0-1/2' }, 'NOT_METADATA'],
    [300, { location: other }, 'NOT_METADATA'],
    [301, { location: other }, 'NOT_METADATA'],
    [302, { location: 'file:///etc/passwd' }, 'NOT_METADATA'],
    [302, { location: 'http://169.254.169.254/' }, 'NOT_METADATA'],
    [303, { location: '//elsewhere.example/' }, 'NOT_METADATA'],
    [304, {}, 'NOT_METADATA'],
    [307, { location: other }, 'NOT_METADATA'],
    [308, { location: other }, 'NOT_METADATA'],
    [400, json, 'NOT_METADATA'],
    [405, {}, 'NOT_METADATA'],
    [410, {}, 'NOT_METADATA'],
    [418, {}, 'NOT_METADATA'],
    [401, {}, 'ACCESS_DENIED'],
    [403, {}, 'ACCESS_DENIED'],
    [429, { 'retry-after': '1000000000' }, 'SERVER_ERROR'],
    [500, {}, 'SERVER_ERROR'],
    [502, { 'content-type': 'text/html' }, 'SERVER_ERROR'],
    [503, { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 'SERVER_ERROR'],
    [599, {}, 'SERVER_ERROR'],
  ])('ED-09, ED-10: %i with %j: %s, asked once', async (status, headers, code) => {
    const server = await serve(reply(status, headers, status === 204 || status === 304 ? '' : '{}'));
    const error = await failure(download(server));
    expect(error.code).toBe(code);
    // A wrong answer is not an outage (ADR 0003), so nothing may be answered from a cache.
    expect(isDctError(error) && error.family === 'transport').toBe(code !== 'NOT_METADATA');
    expect(server.heard).toHaveLength(1);
  });

  test('a redirect to itself is followed not even once (ED-08)', async () => {
    const server = await serve((response, heard) => reply(302, { location: heard.path })(response, heard));
    expect(await codeOfRejection(download(server))).toBe('NOT_METADATA');
    expect(server.heard).toHaveLength(1);
  });

  test.each<[string, Record<string, string>, string]>([
    ['called HTML', { 'content-type': 'text/html; charset=utf-8' }, 'Please log in'],
    ['called Text/HTML', { 'content-type': 'Text/HTML' }, '{}'],
    ['that looks like HTML', json, '<!doctype html><title>Log in</title>'],
    ['after white space', {}, '\r\n \t<html>'],
    ['that is XML', {}, '<?xml version="1.0"?><Error/>'],
  ])('200 with a page %s (ED-09)', async (_, headers, body) => {
    expect(await codeOfRejection(download(await serve(reply(200, headers, body))))).toBe('NOT_METADATA');
  });

  test.each([
    ['gzip', gzipSync(Buffer.alloc(1_000_000, 0x20))],
    ['br', brotliCompressSync(Buffer.alloc(1_000_000, 0x20))],
    ['x-unknown', Buffer.from('{}')],
  ])('Content-Encoding %s is not decoded (ED-09)', async (encoding, body) => {
    const server = await serve(reply(200, { ...json, 'content-encoding': encoding }, body));
    expect(await codeOfRejection(download(server))).toBe('HTTP_INVALID');
  });

  test('addresses in errors carry neither query nor credentials', async () => {
    const server = await serve(reply(500, {}));
    expect((await failure(download(server))).facts).toEqual({
      url: `${server.origin}${tufPath}timestamp.json`,
      status: 500,
    });
  });
});

describe('size', () => {
  test.each([
    ['as long as allowed', 10, undefined],
    ['one byte longer', 11, 'LIMIT'],
  ] as const)('announced %s', async (_, size, code) => {
    const promise = download(await serve(reply(200, json, 'x'.repeat(size))), 10);
    if (code === undefined) expect(await promise).toHaveLength(size);
    else expect(await codeOfRejection(promise)).toBe(code);
  });

  test.each([
    [timestamp, 'timestampBytes'],
    [{ role: roleNames.root }, 'rootBytes'],
    [{ role: roleNames.snapshot }, 'snapshotBytes'],
    [{ role: roleNames.targets }, 'targetsBytes'],
    [{ role: roleNames.releases }, 'targetsBytes'],
  ] as const)('ED-04: each kind of file has a bound, and the error of %j names it', async (file, limit) => {
    const store = storeOn(await serve(reply(200, json, 'x'.repeat(11))));
    expect(await failure(store.download(gun, file, 10))).toMatchObject({
      code: 'LIMIT',
      facts: { what: `${file.role} metadata`, limit, bound: 10 },
    });
  });

  test('a body without an end is left at the bound (ED-01)', async () => {
    const server = await serve((response) => {
      response.writeHead(200, json);
      const more = (): void => {
        while (!response.destroyed && response.write(' '.repeat(65_536)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    expect(await codeOfRejection(download(server, limits.timestampBytes))).toBe('LIMIT');
  });

  test('a body that ends early is no metadata (ED-02)', async () => {
    const server = await serveRaw(bytes('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{}'));
    expect(await codeOfRejection(download(server))).toBe('CUT_OFF');
  });
});

describe('wire', () => {
  test.each<[string, string, Code]>([
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', 'HTTP_INVALID'],
    [
      'two lengths (ED-14)',
      'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}',
      'HTTP_INVALID',
    ],
    [
      'a length and chunks (ED-14)',
      'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
      'HTTP_INVALID',
    ],
    [
      'compressed transfer (ED-09)',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
      'HTTP_INVALID',
    ],
    ['a header of 1 MiB (ED-06)', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(1 << 20)}\r\n\r\n`, 'HTTP_INVALID'],
    ['a cut chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{}', 'CUT_OFF'],
    ['nothing', '', 'CUT_OFF'],
  ])('%s', async (_, answer, code) => {
    expect(await codeOfRejection(download(await serveRaw(bytes(answer))))).toBe(code);
  });

  test('a head that never ends is given up (ED-06)', async () => {
    const server = await serveRaw(bytes('HTTP/1.1 200 OK\r\nx: y\r\n', 'stay'));
    expect(await codeOfRejection(download(server, 100, { headMs: 30 }))).toBe('TIMEOUT');
  });

  test('silence before the head, and in the middle of the body (ED-05, ED-07)', async () => {
    expect(await codeOfRejection(download(await serveSilence(), 100, { headMs: 30 }))).toBe('TIMEOUT');
    const stuck = await serveRaw(bytes('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{', 'stay'));
    expect(await codeOfRejection(download(stuck, 100, { idleMs: 30 }))).toBe('TIMEOUT');
  });

  test('nobody there', async () => {
    const server = await serve(reply(200, json, '{}'));
    await server.close();
    expect(await codeOfRejection(download(server))).toBe('UNREACHABLE');
  });
});

describe("the server's clock (PB-17)", () => {
  test('of the latest answer that told one, refusals included', async () => {
    const dates = ['Tue, 01 Jan 2030 00:00:00 GMT', 'nonsense', 'Wed, 02 Jan 2030 00:00:00 GMT'];
    const server = await serve((response, heard) =>
      reply(
        server.heard.length === 3 ? 503 : 200,
        { ...json, date: dates[server.heard.length - 1] ?? '' },
        '{}',
      )(response, heard),
    );
    const store = storeOn(server);
    expect(store.serverTime()).toBeUndefined();
    await store.download(gun, timestamp, 10);
    expect(store.serverTime()).toBe(Date.UTC(2030, 0, 1));
    await store.download(gun, timestamp, 10);
    expect(store.serverTime()).toBe(Date.UTC(2030, 0, 1));
    await codeOfRejection(store.download(gun, timestamp, 10));
    expect(store.serverTime()).toBe(Date.UTC(2030, 0, 2));
  });
});
