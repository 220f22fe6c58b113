// Pulling and deleting blobs: whole and in part, and only where they were pushed.
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/base/bytes.ts';
import { digestOf } from '../../../src/base/digest.ts';
import { pushBlob, testRegistry, type TestRegistry } from './support.ts';

const content = utf8('0123456789');
const digest = digestOf(content);

async function withBlob(): Promise<TestRegistry> {
  const registry = testRegistry();
  await pushBlob(registry, 'app', content);
  return registry;
}

describe('a blob', () => {
  it.each(['GET', 'HEAD'])('%s tells its digest and its size', async (method) => {
    const { ask } = await withBlob();
    const { status, headers, text } = await ask(`${method} /v2/app/blobs/${digest}`);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-length': '10',
      'content-type': 'application/octet-stream',
      'docker-content-digest': digest,
      'accept-ranges': 'bytes',
      etag: `"${digest}"`,
    });
    expect(text).toBe(method === 'GET' ? '0123456789' : '');
  });

  it.each(['GET', 'HEAD', 'DELETE'])('%s of an unknown one: 404', async (method) => {
    const { ask } = await withBlob();
    const unknown = `/v2/app/blobs/${digestOf(utf8('never pushed'))}`;
    expect((await ask(`${method} ${unknown}`)).status).toBe(404);
    expect(await ask(`GET ${unknown}`)).toMatchObject({ code: 'BLOB_UNKNOWN' });
  });

  it('is unknown in every repository that it was not pushed to', async () => {
    const { ask } = await withBlob();
    for (const method of ['GET', 'DELETE'])
      expect(await ask(`${method} /v2/other/blobs/${digest}`)).toMatchObject({
        status: 404,
        code: 'BLOB_UNKNOWN',
      });
    expect((await ask(`GET /v2/app/blobs/${digest}`)).text).toBe('0123456789');
  });

  it('may be named by sha512', async () => {
    const { ask } = testRegistry();
    const named = digestOf(content, 'sha512');
    const { status, headers } = await ask(`POST /v2/app/blobs/uploads/?digest=${named}`, { body: content });
    expect({ status, digest: headers['docker-content-digest'] }).toEqual({ status: 201, digest: named });
    expect((await ask(`GET /v2/app/blobs/${named}`)).text).toBe('0123456789');
    expect((await ask(`GET /v2/app/blobs/${digest}`)).status).toBe(404);
  });

  it('is not sent to who has it already', async () => {
    const { ask } = await withBlob();
    const headers = { 'if-none-match': `"${digest}"` };
    expect(await ask(`GET /v2/app/blobs/${digest}`, { headers })).toMatchObject({ status: 304, text: '' });
  });
});

describe('a range of a blob', () => {
  it.each([
    ['bytes=0-0', '0', 'bytes 0-0/10'],
    ['bytes=2-5', '2345', 'bytes 2-5/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=7-1000', '789', 'bytes 7-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-1000', '0123456789', 'bytes 0-9/10'],
  ])('%s: 206 with %s', async (range, text, contentRange) => {
    const { ask } = await withBlob();
    const answer = await ask(`GET /v2/app/blobs/${digest}`, { headers: { range } });
    expect(answer).toMatchObject({ status: 206, text });
    expect(answer.headers).toMatchObject({
      'content-range': contentRange,
      'content-length': String(text.length),
      'docker-content-digest': digest,
    });
  });

  it.each(['bytes=10-', 'bytes=10-12', 'bytes=-0'])('%s: 416', async (range) => {
    const { ask } = await withBlob();
    const answer = await ask(`GET /v2/app/blobs/${digest}`, { headers: { range } });
    expect(answer).toMatchObject({ status: 416, code: 'RANGE_INVALID' });
    expect(answer.headers['content-range']).toBe('bytes */10');
  });

  it.each(['bytes=5-2', 'bytes=0-1,4-5', 'bytes=', 'bytes=-', 'bytes=a-b', 'lines=1-2', '0-5'])(
    'RFC 9110 14.2: "%s" is ignored: the whole blob',
    async (range) => {
      const { ask } = await withBlob();
      const answer = await ask(`GET /v2/app/blobs/${digest}`, { headers: { range } });
      expect(answer).toMatchObject({ status: 200, text: '0123456789' });
    },
  );

  it('RFC 9110 13.1.5: goes with If-Range only for the same content', async () => {
    const { ask } = await withBlob();
    const rangeIf = (tag: string) =>
      ask(`GET /v2/app/blobs/${digest}`, { headers: { range: 'bytes=8-', 'if-range': tag } });
    expect(await rangeIf(`"${digest}"`)).toMatchObject({ status: 206, text: '89' });
    expect(await rangeIf('"something else"')).toMatchObject({ status: 200, text: '0123456789' });
  });
});

describe('deleting a blob', () => {
  it('takes it out of that repository alone', async () => {
    const registry = await withBlob();
    await pushBlob(registry, 'other', content);
    const { status, headers } = await registry.ask(`DELETE /v2/app/blobs/${digest}`);
    expect({ status, digest: headers['docker-content-digest'] }).toEqual({ status: 202, digest });
    expect((await registry.ask(`GET /v2/app/blobs/${digest}`)).status).toBe(404);
    expect((await registry.ask(`GET /v2/other/blobs/${digest}`)).text).toBe('0123456789');
    expect((await registry.ask(`DELETE /v2/app/blobs/${digest}`)).status).toBe(404);
  });

  it('makes room for pushing it again', async () => {
    const registry = await withBlob();
    await registry.ask(`DELETE /v2/app/blobs/${digest}`);
    await pushBlob(registry, 'app', content);
    expect((await registry.ask(`GET /v2/app/blobs/${digest}`)).text).toBe('0123456789');
  });
});
