// Pushing blobs: in one request or in many, interrupted and resumed, refused and cancelled.
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/base/bytes.ts';
import { digestOf } from '../../../src/base/digest.ts';
import { openUpload, testRegistry, type TestRegistry } from './support.ts';

const content = utf8('0123456789');
const digest = digestOf(content);
const half = (from: number, to: number): Uint8Array => content.subarray(from, to);
const pulled = async ({ ask }: TestRegistry): Promise<string> =>
  (await ask(`GET /v2/app/blobs/${digest}`)).text;

describe('a push in one request', () => {
  it('answers where the blob is', async () => {
    const registry = testRegistry();
    const answer = await registry.ask(`POST /v2/app/blobs/uploads/?digest=${digest}`, { body: content });
    expect(answer).toMatchObject({
      status: 201,
      headers: { location: `/v2/app/blobs/${digest}`, 'docker-content-digest': digest },
    });
    expect(await pulled(registry)).toBe('0123456789');
  });

  it('of content with another digest is refused, and nothing is there', async () => {
    const registry = testRegistry();
    const request = `POST /v2/app/blobs/uploads/?digest=${digest}`;
    expect(await registry.ask(request, { body: utf8('else') })).toMatchObject({
      status: 400,
      code: 'DIGEST_INVALID',
    });
    expect((await registry.ask(`GET /v2/app/blobs/${digest}`)).status).toBe(404);
  });

  it.each(['', 'sha256:abc', 'md5:d41d8cd98f00b204e9800998ecf8427e', '../../etc/passwd'])(
    'under the digest "%s" is refused before anything is read',
    async (wrong) => {
      const { ask } = testRegistry();
      const unread = new Error('was read');
      const request = `POST /v2/app/blobs/uploads/?digest=${encodeURIComponent(wrong)}`;
      expect(await ask(request, { body: [unread] })).toMatchObject({ status: 400, code: 'DIGEST_INVALID' });
    },
  );

  it('that breaks off leaves nothing', async () => {
    const registry = testRegistry();
    const request = `POST /v2/app/blobs/uploads/?digest=${digest}`;
    const answer = await registry.ask(request, { body: [half(0, 5), new Error('reset')] });
    expect(answer).toMatchObject({ status: 400, code: 'BLOB_UPLOAD_INVALID' });
    expect((await registry.ask(`GET /v2/app/blobs/${digest}`)).status).toBe(404);
  });
});

describe('a push in two requests', () => {
  it.each(['/v2/app/blobs/uploads/', '/v2/app/blobs/uploads'])('begins at %s', async (target) => {
    const registry = testRegistry();
    const { status, headers } = await registry.ask(`POST ${target}`);
    expect(status).toBe(202);
    expect(headers['range']).toBe('0-0');
    expect(headers['location']).toBe(`/v2/app/blobs/uploads/${headers['docker-upload-uuid'] ?? ''}`);
    const request = `PUT ${headers['location'] ?? ''}?digest=${encodeURIComponent(digest)}`;
    expect(await registry.ask(request, { body: content })).toMatchObject({
      status: 201,
      headers: { location: `/v2/app/blobs/${digest}`, 'docker-content-digest': digest },
    });
    expect(await pulled(registry)).toBe('0123456789');
  });

  it('of an empty blob is one like any other', async () => {
    const registry = testRegistry();
    const empty = digestOf(new Uint8Array());
    const upload = await openUpload(registry, 'app');
    expect((await registry.ask(`PUT ${upload}?digest=${empty}`)).status).toBe(201);
    const { headers } = await registry.ask(`HEAD /v2/app/blobs/${empty}`);
    expect(headers['content-length']).toBe('0');
  });
});

describe('a push in chunks', () => {
  it('as the specification has it: every chunk says where it belongs', async () => {
    const registry = testRegistry();
    const upload = await openUpload(registry, 'app');
    const chunk = (range: string, body: Uint8Array) =>
      registry.ask(`PATCH ${upload}`, {
        headers: { 'content-range': range, 'content-length': String(body.length) },
        body,
      });
    expect(await chunk('0-3', half(0, 4))).toMatchObject({
      status: 202,
      headers: { range: '0-3', location: upload },
    });
    expect(await chunk('4-6', half(4, 7))).toMatchObject({ status: 202, headers: { range: '0-6' } });
    const last = { headers: { 'content-range': '7-9', 'content-length': '3' }, body: half(7, 10) };
    expect((await registry.ask(`PUT ${upload}?digest=${digest}`, last)).status).toBe(201);
    expect(await pulled(registry)).toBe('0123456789');
  });

  it('as Docker does it: one stream without length or range, then the digest', async () => {
    const registry = testRegistry();
    const upload = await openUpload(registry, 'app');
    const answer = await registry.ask(`PATCH ${upload}`, { body: [half(0, 3), half(3, 4), half(4, 10)] });
    expect(answer).toMatchObject({ status: 202, headers: { range: '0-9', location: upload } });
    expect((await registry.ask(`PUT ${upload}?digest=${digest}`)).status).toBe(201);
    expect(await pulled(registry)).toBe('0123456789');
  });

  it.each([
    ['5-9', 'leaves a gap'],
    ['0-3', 'comes again'],
    ['2-5', 'overlaps'],
  ])('%s after 0-3 %s: 416, and tells where to go on', async (range) => {
    const registry = testRegistry();
    const upload = await openUpload(registry, 'app');
    await registry.ask(`PATCH ${upload}`, { body: half(0, 4) });
    const headers = { 'content-range': range };
    const answer = await registry.ask(`PATCH ${upload}`, { headers, body: half(0, 5) });
    expect(answer).toMatchObject({
      status: 416,
      code: 'RANGE_INVALID',
      headers: { range: '0-3', location: upload },
    });
    const rest = { headers: { 'content-range': 'bytes 4-9/*' }, body: half(4, 10) };
    expect((await registry.ask(`PUT ${upload}?digest=${digest}`, rest)).status).toBe(201);
  });

  it.each([
    ['0-3', { 'content-length': '5' }, half(0, 5), 'SIZE_INVALID'],
    ['0-3', {}, half(0, 5), 'SIZE_INVALID'],
    ['0-3', {}, half(0, 3), 'SIZE_INVALID'],
    ['3-0', {}, half(0, 4), 'RANGE_INVALID'],
    ['0', {}, half(0, 1), 'RANGE_INVALID'],
    ['-4', {}, half(0, 4), 'RANGE_INVALID'],
    ['0-99999999999999999', {}, half(0, 4), 'RANGE_INVALID'],
  ])('Content-Range %s with %j is refused', async (range, more, body, code) => {
    const registry = testRegistry();
    const upload = await openUpload(registry, 'app');
    const headers = { 'content-range': range, ...more };
    expect(await registry.ask(`PATCH ${upload}`, { headers, body })).toMatchObject({ status: 400, code });
  });

  it('that breaks off goes on where it was', async () => {
    const registry = testRegistry();
    const upload = await openUpload(registry, 'app');
    const cut = { body: [half(0, 3), half(3, 6), new Error('reset')] };
    expect(await registry.ask(`PATCH ${upload}`, cut)).toMatchObject({ code: 'BLOB_UPLOAD_INVALID' });
    const status = await registry.ask(`GET ${upload}`);
    expect(status).toMatchObject({ status: 204, headers: { range: '0-5', location: upload } });
    const rest = { headers: { 'content-range': '6-9' }, body: half(6, 10) };
    expect((await registry.ask(`PATCH ${upload}`, rest)).status).toBe(202);
    expect((await registry.ask(`PUT ${upload}?digest=${digest}`)).status).toBe(201);
    expect(await pulled(registry)).toBe('0123456789');
  });

  it('takes one writer at a time', async () => {
    const registry = testRegistry();
    const upload = await openUpload(registry, 'app');
    const [first, second] = await Promise.all([
      registry.ask(`PATCH ${upload}`, { body: [half(0, 5), half(5, 10)] }),
      registry.ask(`PATCH ${upload}`, { body: half(0, 10) }),
    ]);
    expect(first.status).toBe(202);
    expect(second).toMatchObject({ status: 429, code: 'TOOMANYREQUESTS' });
    expect((await registry.ask(`PUT ${upload}?digest=${digest}`)).status).toBe(201);
  });
});

describe('the end of a push', () => {
  it('with a wrong digest ends the upload', async () => {
    const registry = testRegistry();
    const upload = await openUpload(registry, 'app');
    await registry.ask(`PATCH ${upload}`, { body: content });
    const wrong = `PUT ${upload}?digest=${digestOf(utf8('else'))}`;
    expect(await registry.ask(wrong)).toMatchObject({ status: 400, code: 'DIGEST_INVALID' });
    expect(await registry.ask(`GET ${upload}`)).toMatchObject({ status: 404, code: 'BLOB_UPLOAD_UNKNOWN' });
  });

  it.each(['', '?digest=', '?digest=sha256:zz'])(
    'with "%s" for a digest may be tried again',
    async (query) => {
      const registry = testRegistry();
      const upload = await openUpload(registry, 'app');
      await registry.ask(`PATCH ${upload}`, { body: content });
      expect(await registry.ask(`PUT ${upload}${query}`)).toMatchObject({
        status: 400,
        code: 'DIGEST_INVALID',
      });
      expect((await registry.ask(`PUT ${upload}?digest=${digest}`)).status).toBe(201);
    },
  );

  it('comes once', async () => {
    const registry = testRegistry();
    const upload = await openUpload(registry, 'app');
    await registry.ask(`PUT ${upload}?digest=${digest}`, { body: content });
    for (const method of ['GET', 'PATCH', 'DELETE'])
      expect(await registry.ask(`${method} ${upload}`)).toMatchObject({
        status: 404,
        code: 'BLOB_UPLOAD_UNKNOWN',
      });
    expect((await registry.ask(`PUT ${upload}?digest=${digest}`)).status).toBe(404);
  });

  it('may be a cancellation', async () => {
    const registry = testRegistry();
    const upload = await openUpload(registry, 'app');
    await registry.ask(`PATCH ${upload}`, { body: content });
    expect((await registry.ask(`DELETE ${upload}`)).status).toBe(204);
    expect((await registry.ask(`GET ${upload}`)).status).toBe(404);
  });

  it('belongs to the repository where the push began', async () => {
    const registry = testRegistry();
    const upload = await openUpload(registry, 'app');
    const elsewhere = upload.replace('/app/', '/other/');
    const answer = await registry.ask(`PUT ${elsewhere}?digest=${digest}`, { body: content });
    expect(answer).toMatchObject({ status: 404, code: 'BLOB_UPLOAD_UNKNOWN' });
    expect((await registry.ask(`GET ${upload}`)).status).toBe(204);
  });
});
