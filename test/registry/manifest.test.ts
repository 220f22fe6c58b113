// Manifests: what their bytes mean, and that only their bytes count.
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { digestOf, parseDigest } from '../../src/base/digest.ts';
import { limits } from '../../src/base/limits.ts';
import { DctError } from '../../src/base/errors.ts';
import type { HttpResponse } from '../../src/base/ports.ts';
import { ociIndex, ociManifest } from '../../src/registry/index.ts';
import { readManifest } from '../../src/registry/manifest.ts';
import { answer, client, clientOf, image, json, scripted, tag } from './support.ts';
import { bytes as raw, serveRaw } from '../support/hostile-server.ts';

const digest = digestOf(utf8('x'));
const descriptor = { mediaType: 'application/octet-stream', digest, size: 1 };
const ociImage = { schemaVersion: 2, mediaType: ociManifest, config: descriptor, layers: [descriptor] };
const index = {
  schemaVersion: 2,
  mediaType: ociIndex,
  manifests: [{ ...descriptor, platform: { os: 'linux' } }],
};
/** An answer whose body fails before its first byte. */
const failing = (error: Error): HttpResponse => {
  const body = { deliver: () => Promise.reject(error), cancel: () => undefined };
  return { status: 200, headers: {}, body };
};
const artifact = 'application/vnd.oci.artifact.manifest.v1+json';

describe('what a manifest says', () => {
  it('an image: config and layers in order', () => {
    expect(readManifest(json(ociImage), 'r')).toEqual({
      mediaType: ociManifest,
      references: [
        { ...descriptor, kind: 'config' },
        { ...descriptor, kind: 'layer' },
      ],
    });
  });

  it('an index: its manifests', () => {
    expect(readManifest(json(index), 'r')).toEqual({
      mediaType: ociIndex,
      references: [{ ...descriptor, kind: 'manifest' }],
    });
  });

  it.each([
    ['image', { ...ociImage, mediaType: undefined }, ociManifest],
    ['index', { ...index, mediaType: undefined }, ociIndex],
    ['MF-14 artifact', { mediaType: artifact, artifactType: 'x/y', blobs: [descriptor] }, artifact],
    [
      'MF-14 image with subject and artifactType',
      { ...ociImage, artifactType: 'x/y', subject: descriptor },
      ociManifest,
    ],
    [
      'MF-12 member named __proto__',
      JSON.parse('{"schemaVersion":2,"manifests":[],"__proto__":{}}') as unknown,
      ociIndex,
    ],
    ['BL-11 an empty layer', { ...ociImage, layers: [{ ...descriptor, size: 0 }] }, ociManifest],
    [
      'BL-14 foreign layer',
      { ...ociImage, layers: [{ ...descriptor, urls: ['https://evil.test/'] }] },
      ociManifest,
    ],
  ])('accepts %s', (_name, document, mediaType) => {
    expect(readManifest(json(document), 'r').mediaType).toBe(mediaType);
  });

  const without = (name: string): unknown => ({ ...ociImage, [name]: undefined });
  const withLayer = (change: object): unknown => ({ ...ociImage, layers: [{ ...descriptor, ...change }] });
  it.each<[string, unknown]>([
    ['MF-07 both manifests and layers', { ...ociImage, ...index, mediaType: undefined }],
    ['MF-07 index with a config', { ...index, config: descriptor }],
    ['MF-07 image with blobs', { ...ociImage, blobs: [] }],
    ['MF-07 mediaType of an index, shape of an image', { ...ociImage, mediaType: ociIndex }],
    ['MF-07 mediaType of an image, shape of an index', { ...index, mediaType: ociManifest }],
    ['MF-07 Manifests in another letter case', { ...ociImage, Manifests: [] }],
    ['MF-07 MediaType in another letter case', { ...ociImage, MediaType: ociIndex }],
    ['MF-07 Digest beside digest', withLayer({ Digest: digest })],
    ['MF-07 Size beside size', withLayer({ Size: 1 })],
    ['a layer without a media type', withLayer({ mediaType: undefined })],
    ['MF-11 schema 1', { schemaVersion: 1, name: 'a', tag: 'b', fsLayers: [], history: [], signatures: [] }],
    ['MF-11 schema 1 disguised', { ...ociImage, schemaVersion: 1 }],
    ['schemaVersion 3', { ...ociImage, schemaVersion: 3 }],
    ['no schemaVersion', without('schemaVersion')],
    ['no config', without('config')],
    ['no layers', without('layers')],
    ['layers is an object', { ...ociImage, layers: {} }],
    ['manifests is null', { ...index, manifests: null }],
    ['layer is a string', { ...ociImage, layers: ['x'] }],
    ['MF-10 digest with a path', withLayer({ digest: 'sha256:../../etc/passwd' })],
    ['MF-10 digest in upper case', withLayer({ digest: digest.toUpperCase() })],
    ['MF-10 digest of another algorithm', withLayer({ digest: `blake3:${'0'.repeat(64)}` })],
    ['size is negative', withLayer({ size: -1 })],
    ['size is a fraction', withLayer({ size: 1.5 })],
    ['size is a string', withLayer({ size: '1' })],
    ['BL-12 size is 2^63', withLayer({ size: 2 ** 63 })],
    ['MF-17 an error body', { errors: [{ code: 'DENIED' }] }],
    ['an array', []],
  ])('refuses %s', (_name, document) => {
    expect(() => readManifest(json(document), 'r')).toThrow(
      expect.objectContaining({ code: 'MANIFEST_REFUSED' }),
    );
  });

  it.each(['text/html', 2])('refuses mediaType %j without repeating what it is', (mediaType) => {
    const facts = { reference: 'r', problem: 'its mediaType is not that of a manifest' };
    expect(() => readManifest(json({ ...ociImage, mediaType }), 'r')).toThrow(
      expect.objectContaining({ code: 'MANIFEST_REFUSED', facts }),
    );
  });

  it.each([
    ['MF-12 a name twice', '{"schemaVersion":2,"manifests":[],"manifests":[]}'],
    ['MF-12 a byte order mark', `\ufeff${JSON.stringify(ociImage)}`],
    ['MF-12 depth 10000', '['.repeat(10_000)],
    ['MF-17 HTML', '<html></html>'],
    ['nothing', ''],
  ])('refuses %s', (_name, text) => {
    expect(() => readManifest(utf8(text), 'r')).toThrow(
      expect.objectContaining({ code: 'MANIFEST_REFUSED' }),
    );
  });
});

describe('fetching', () => {
  const { manifest, digest: honest } = image();

  it('by tag: digest and media type come from the bytes', async () => {
    const registry = clientOf(scripted(() => answer(200, {}, manifest)));
    const found = await registry.manifest('a/b', tag('latest'));
    expect(found.digest).toBe(honest);
    expect(found.mediaType).toBe('application/vnd.docker.distribution.manifest.v2+json');
    expect(Buffer.from(found.bytes)).toEqual(Buffer.from(manifest));
  });

  it('asks for every format at once, by exactly one GET', async () => {
    const transport = scripted(() => answer(200, {}, manifest));
    await clientOf(transport).manifest('a/b', honest);
    expect(transport.asked.map((request) => [request.method, request.url.href])).toEqual([
      ['GET', `https://registry.test/v2/a/b/manifests/${honest}`],
    ]);
    expect(transport.asked[0]?.headers['accept']?.split(', ')).toHaveLength(5);
  });

  it('MF-03 lying headers change nothing', async () => {
    const lies = { 'docker-content-digest': digest, etag: `"${digest}"`, 'content-type': 'text/html' };
    const registry = clientOf(scripted(() => answer(200, lies, manifest)));
    expect(await registry.manifest('a/b', honest)).toMatchObject({ digest: honest });
  });

  it('MF-10 sha512 is verified with sha512', async () => {
    const right = digestOf(manifest, 'sha512');
    const wrong = parseDigest(`sha512:${'0'.repeat(128)}`);
    const registry = clientOf(scripted(() => answer(200, {}, manifest)));
    expect((await registry.manifest('a/b', right)).digest).toBe(right);
    await expect(registry.manifest('a/b', wrong)).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' });
  });

  it.each([
    ['MF-02 other bytes with a matching header', image('other').manifest],
    ['MF-05 extended by one byte', Buffer.concat([manifest, Buffer.from(' ')])],
    ['MF-05 extended by a newline', Buffer.concat([manifest, Buffer.from('\n')])],
    ['MF-05 truncated by one byte', manifest.subarray(0, -1)],
    ['MF-05 empty', new Uint8Array()],
  ])('%s is CONTENT_MISMATCH', async (_name, body) => {
    const registry = clientOf(scripted(() => answer(200, { 'docker-content-digest': honest }, body)));
    await expect(registry.manifest('a/b', honest)).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' });
  });

  it.each([
    ['the right bytes', manifest, honest],
    ['other bytes', image('other').manifest, 'CONTENT_MISMATCH'],
  ])(
    'AU-11 a manifest is fetched where a redirect leads, without the password: %s',
    async (_name, bytes, outcome) => {
      const elsewhere = { location: 'https://cdn.test/m' };
      const transport = scripted(({ url, headers }) => {
        if (url.host === 'cdn.test') return answer(200, {}, bytes);
        if (headers['authorization'] !== undefined) return answer(307, elsewhere);
        return answer(401, { 'www-authenticate': 'Basic realm="r"' });
      });
      const credentials = () =>
        Promise.resolve({ kind: 'password', username: 'me', password: 'hidden' } as const);
      const registry = clientOf(transport, { credentials });
      const result = await registry.manifest('a/b', honest).then(
        ({ digest: found }) => found,
        (error: unknown) => (error as DctError).code,
      );
      expect(result).toBe(outcome);
      const abroad = transport.asked.filter(({ url }) => url.host === 'cdn.test');
      expect(abroad.length).toBeGreaterThan(0);
      for (const { headers } of abroad) expect(headers['authorization']).toBeUndefined();
    },
  );

  it.each([
    ['is asked once more', undefined, 'the right bytes', 2],
    ['is not asked again for somebody who has left', AbortSignal.abort(), 'CUT_OFF', 1],
  ])('MF-05 a registry whose connection broke %s', async (_name, signal, outcome, questions) => {
    const cut = () => Promise.reject(new DctError('CUT_OFF', { origin: 'x', problem: 'reset' }));
    const transport = scripted(() => {
      const whole = answer(200, {}, manifest);
      return transport.asked.length > 1 ? whole : { ...whole, body: { ...whole.body, deliver: cut } };
    });
    const result = await clientOf(transport)
      .manifest('a/b', honest, signal)
      .then(
        () => 'the right bytes',
        (error: unknown) => (error as DctError).code,
      );
    expect([result, transport.asked.length]).toEqual([outcome, questions]);
  });

  it('MF-09 endless is LIMIT', async () => {
    const block = new Uint8Array(1024 * 1024).fill(32);
    const endless = answer(200, {}, ...Array.from({ length: 6 }, () => block));
    const registry = clientOf(scripted(() => endless));
    await expect(registry.manifest('a/b', honest)).rejects.toMatchObject({
      code: 'LIMIT',
      facts: { limit: 'manifestBytes' },
    });
  });

  it('MF-09 announced as 4 GiB is LIMIT without reading', async () => {
    const large = answer(200, { 'content-length': '4294967296' }, manifest);
    const registry = clientOf(scripted(() => large));
    await expect(registry.manifest('a/b', honest)).rejects.toMatchObject({ code: 'LIMIT' });
  });

  const errors = (code: string): Uint8Array => json({ errors: [{ code, message: 'because\u001b[2J' }] });
  it.each([
    ['404', 404, errors('MANIFEST_UNKNOWN'), 'MANIFEST_UNKNOWN'],
    ['404 of the repository', 404, errors('NAME_UNKNOWN'), 'NAME_UNKNOWN'],
    ['MF-17 404 in HTML', 404, utf8('<html>'), 'MANIFEST_UNKNOWN'],
    ['401 without a challenge', 401, errors('UNAUTHORIZED'), 'REGISTRY_DENIED'],
    ['403', 403, errors('DENIED'), 'REGISTRY_DENIED'],
    ['MF-17 429', 429, errors('TOOMANYREQUESTS'), 'SERVER_ERROR'],
    ['503', 503, utf8('<html>'), 'SERVER_ERROR'],
    ['400', 400, errors('TAG_INVALID'), 'REGISTRY_REFUSED'],
    ['ED-09 204', 204, new Uint8Array(), 'REGISTRY_REFUSED'],
    ['ED-09 206', 206, manifest, 'REGISTRY_REFUSED'],
    ['ED-09 304', 304, new Uint8Array(), 'REGISTRY_REFUSED'],
    ['300 without Location', 300, new Uint8Array(), 'REGISTRY_REFUSED'],
    ['MF-17 200 with an error body, by tag', 200, errors('DENIED'), 'MANIFEST_REFUSED'],
  ])('%s', async (_name, status, body, code) => {
    const registry = clientOf(scripted(() => answer(status, {}, body)));
    await expect(registry.manifest('a/b', tag('latest'))).rejects.toMatchObject({ code });
  });

  it.each([
    ['a normal message', errors('X'), 'X: because\\u001b[2J'],
    [
      'a message of 60 KiB',
      json({ errors: [{ code: 'X', message: 'm'.repeat(60_000) }] }),
      `X: ${'m'.repeat(196)}…`,
    ],
    ['a body beyond the bound', new Uint8Array(limits.errorBodyBytes + 1), 'no readable explanation'],
    ['HTML', utf8('<script>'), 'without explanation'],
  ])('the explanation of a refusal is short and printable: %s', async (_name, body, detail) => {
    const registry = clientOf(scripted(() => answer(400, {}, body)));
    await expect(registry.manifest('a/b', tag('x'))).rejects.toMatchObject({ facts: { detail } });
  });

  it('MF-05 a broken connection is tried once more, a second one is an error', async () => {
    const broken = new DctError('CUT_OFF', { origin: 'x', problem: 'reset' });
    for (const [failures, outcome] of [
      [1, honest],
      [2, 'CUT_OFF'],
    ] as const) {
      let left = failures;
      const transport = scripted(() => {
        if (left-- > 0) throw broken;
        return answer(200, {}, manifest);
      });
      const result = await clientOf((request) => Promise.resolve().then(() => transport(request)))
        .manifest('a/b', honest)
        .then(
          ({ digest: found }) => found,
          (error: unknown) => (error as DctError).code,
        );
      expect([result, transport.asked.length]).toEqual([outcome, 2]);
    }
  });

  it.each<[string, () => HttpResponse]>([
    ['other bytes', () => answer(200, {}, image('other').manifest)],
    ['too many bytes', () => answer(200, {}, new Uint8Array(limits.manifestBytes + 1))],
    ['silence', () => failing(new DctError('TIMEOUT', { origin: 'x', phase: 'y', seconds: 1 }))],
    ['not HTTP', () => failing(new DctError('HTTP_INVALID', { origin: 'x', problem: 'y' }))],
  ])('MF-05 is not tried again after %s', async (_name, respond) => {
    const transport = scripted(respond);
    await expect(clientOf(transport).manifest('a/b', honest)).rejects.toBeInstanceOf(DctError);
    expect(transport.asked).toHaveLength(1);
  });

  it('MF-05 a body that breaks off is asked for once more, and not once it is unwanted', async () => {
    const broken = new DctError('CUT_OFF', { origin: 'x', problem: 'reset' });
    for (const [isWanted, asked] of [
      [true, 2],
      [false, 1],
    ] as const) {
      const gone = new AbortController();
      const transport = scripted(() => {
        if (!isWanted) gone.abort();
        return failing(broken);
      });
      const code = 'CUT_OFF';
      const { signal } = gone;
      await expect(clientOf(transport).manifest('a/b', honest, signal)).rejects.toMatchObject({ code });
      expect(transport.asked).toHaveLength(asked);
    }
  });

  it('MF-05 gzip is refused on the wire', async () => {
    const server = await serveRaw(
      raw('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b'),
    );
    const registry = client('registry.test', { transport: toLocal(server.url('/')) });
    await expect(registry.manifest('a/b', honest)).rejects.toMatchObject({ code: 'HTTP_INVALID' });
    await server.close();
  });
});

/** Sends everything to one local server, in plain HTTP. */
function toLocal(base: URL): ReturnType<typeof client> {
  const local = client('127.0.0.1');
  const send = (request: Parameters<typeof local>[0]): ReturnType<typeof local> =>
    local({ ...request, url: new URL(request.url.pathname, base) });
  return Object.assign(send, local);
}
