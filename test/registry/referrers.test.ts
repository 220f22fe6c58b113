// Lists of referrers: nobody signed them, so they are read strictly, bounded, and followed on the same path only (MF-14).
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { digestOf } from '../../src/base/digest.ts';
import { limits } from '../../src/base/limits.ts';
import type { HttpResponse } from '../../src/base/ports.ts';
import { dockerList, ociIndex, ociManifest, type Referrer } from '../../src/registry/index.ts';
import { answer, clientOf, image, json, scripted } from './support.ts';

const subject = digestOf(utf8('the subject'));
const api = `/v2/a/b/referrers/${subject}`;
const tagPath = `/v2/a/b/manifests/${subject.replace(':', '-')}`;
const pathOf = ({ url }: { readonly url: URL }): string => url.pathname + url.search;

/** A referrer that is told from others by its note. */
const entry = (note = ''): Referrer => ({
  mediaType: ociManifest,
  digest: digestOf(utf8(note)),
  size: 500,
  artifactType: 'application/vnd.example.signature',
  annotations: { note },
});
const [first, second, third] = [entry('1'), entry('2'), entry('3')];

const indexOf = (manifests: unknown, members: object = {}): Uint8Array =>
  json({ schemaVersion: 2, mediaType: ociIndex, manifests, ...members });
const page = (manifests: unknown, link?: string): HttpResponse =>
  answer(200, link === undefined ? {} : { link }, indexOf(manifests));
const next = (link: string): string => `<${link}>; rel="next"`;

const listed = (response: HttpResponse): Promise<readonly Referrer[]> =>
  clientOf(scripted(() => response)).referrers('a/b', subject);

describe('MF-14: the list of referrers', () => {
  it('is what the API lists, in its order', async () => {
    const transport = scripted(() => page([second, first]));
    expect(await clientOf(transport).referrers('a/b', subject)).toEqual([second, first]);
    expect(transport.asked.map(pathOf)).toEqual([api]);
    expect(transport.asked[0]?.headers['accept']).toBe(ociIndex);
  });

  it('goes on from page to page', async () => {
    const transport = scripted(({ url }) =>
      url.search === '' ? page([first], next(`${api}?after=1`)) : page([second]),
    );
    expect(await clientOf(transport).referrers('a/b', subject)).toEqual([first, second]);
    expect(transport.asked.map(pathOf)).toEqual([api, `${api}?after=1`]);
  });

  it.each([
    ['nothing but an index', indexOf([])],
    ['an index without a media type', json({ schemaVersion: 2, manifests: [] })],
    ['an index about the subject', indexOf([], { subject: { digest: subject } })],
    ['an index about nothing', indexOf([], { subject: null })],
  ])('may be empty: %s', async (_name, bytes) => {
    expect(await listed(answer(200, {}, bytes))).toEqual([]);
  });

  it('has each referrer once, as it came first', async () => {
    const again = { ...first, annotations: { note: 'later' } };
    expect(await listed(page([first, second, again, second]))).toEqual([first, second]);
  });

  it('BL-14: has nothing of what leads elsewhere, is not verified, or that nobody knows', async () => {
    const more = { urls: ['https://evil.test/'], data: 'e30=', platform: { os: 'linux' }, x: 1 };
    expect(await listed(page([{ ...first, ...more }]))).toEqual([first]);
  });

  it.each([undefined, null, ''])(
    'has no type where it is %j, and no annotations that are null',
    async (artifactType) => {
      const { mediaType, digest, size } = first;
      const bare = { mediaType, digest, size };
      expect(await listed(page([{ ...bare, artifactType, annotations: null }]))).toEqual([bare]);
    },
  );

  it('NM-08: may have annotations with the names of JavaScript', async () => {
    const odd = '{"__proto__":"a","constructor":"b"}';
    const text = JSON.stringify({ schemaVersion: 2, manifests: [{ ...first, annotations: 'odd' }] });
    const [referrer] = await listed(answer(200, {}, utf8(text.replace('"odd"', odd))));
    expect(JSON.stringify(referrer?.annotations)).toBe(odd);
  });
});

describe('MF-14: a registry without the API', () => {
  const without = (tagged: HttpResponse, status = 404) =>
    scripted(({ url }) => (url.pathname === api ? answer(status) : tagged));

  it.each([400, 404, 405, 406])('(HTTP %i) has the list under a tag', async (status) => {
    const transport = without(page([first]), status);
    expect(await clientOf(transport).referrers('a/b', subject)).toEqual([first]);
    expect(transport.asked.map(pathOf)).toEqual([api, tagPath]);
  });

  it('of a longer digest, as much as fits into a tag', async () => {
    const long = digestOf(utf8('the subject'), 'sha512');
    const transport = scripted(() => answer(404));
    expect(await clientOf(transport).referrers('a/b', long)).toEqual([]);
    expect(transport.asked.map(pathOf)[1]).toBe(`/v2/a/b/manifests/sha512-${long.slice(7, 71)}`);
  });

  it.each(['MANIFEST_UNKNOWN', 'NAME_UNKNOWN'])('nor the tag (%s) has no referrers', async (code) => {
    const transport = without(answer(404, {}, json({ errors: [{ code }] })));
    expect(await clientOf(transport).referrers('a/b', subject)).toEqual([]);
  });

  it.each<[string, HttpResponse, string]>([
    ['an image', answer(200, {}, image().manifest), 'REFERRERS_REFUSED'],
    ['a page', answer(200, {}, utf8('<html>')), 'REFERRERS_REFUSED'],
    ['a bad descriptor', page([{ ...first, digest: 'sha256:0' }]), 'REFERRERS_REFUSED'],
    ['too much', answer(200, { 'content-length': String(limits.manifestBytes + 1) }), 'LIMIT'],
    ['a refusal', answer(403), 'REGISTRY_DENIED'],
    ['a failure', answer(500), 'SERVER_ERROR'],
  ])('has %s under the tag', async (_name, tagged, code) => {
    await expect(clientOf(without(tagged)).referrers('a/b', subject)).rejects.toMatchObject({ code });
  });
});

describe('MF-14: what is no list of referrers is refused as a whole', () => {
  const refusal = (bytes: Uint8Array) => expect(listed(answer(200, {}, bytes))).rejects;

  it.each<[string, Uint8Array, string]>([
    ['a page', utf8('<html>'), '$'],
    ['a list', json([first]), 'not a JSON object'],
    ['an image', image().manifest, 'instead of an OCI index'],
    ["Docker's list", json({ schemaVersion: 2, mediaType: dockerList, manifests: [] }), dockerList],
    ['an error', json({ errors: [{ code: 'UNSUPPORTED' }] }), 'neither an image nor an index'],
    ['schema 1', json({ schemaVersion: 1, manifests: [] }), 'schema 1'],
    ['no list', indexOf(null), '"manifests" is not a list'],
    ['an index and an image', indexOf([], { layers: [] }), 'both'],
    ['two names for one list', indexOf([], { Manifests: [] }), 'mistaken'],
    ['a name twice', utf8('{"schemaVersion":2,"manifests":[],"manifests":[]}'), 'occurs twice'],
    ['another subject', indexOf([], { subject: { digest: first.digest } }), 'another subject'],
    ['a subject without a digest', indexOf([], { subject: {} }), 'another subject'],
    ['a subject that is a text', indexOf([], { subject }), 'another subject'],
  ])('%s', async (_name, bytes, problem) => {
    const message = expect.stringContaining(problem) as string;
    await refusal(bytes).toMatchObject({ code: 'REFERRERS_REFUSED', message });
  });

  it.each<[string, unknown, string]>([
    ['null', null, 'not a descriptor'],
    ['a digest that is a path', { ...second, digest: 'sha256:../../x' }, 'digest'],
    ['a digest in upper case', { ...second, digest: second.digest.toUpperCase() }, 'digest'],
    ['a digest of another algorithm', { ...second, digest: `md5:${'0'.repeat(32)}` }, 'digest'],
    ['a digest that is too short', { ...second, digest: second.digest.slice(0, -1) }, 'digest'],
    ['no digest', { ...second, digest: undefined }, 'digest'],
    ['two digests', { ...second, Digest: third.digest }, 'mistaken'],
    ['itself', { ...second, digest: subject }, 'itself'],
    ['no size', { ...second, size: undefined }, 'size'],
    ['a negative size', { ...second, size: -1 }, 'size'],
    ['half a byte', { ...second, size: 0.5 }, 'size'],
    ['a size that no manifest has', { ...second, size: limits.manifestBytes + 1 }, 'no manifest'],
    ['no media type', { ...second, mediaType: undefined }, 'mediaType'],
    ['a media type with a line end', { ...second, mediaType: 'a/b\nc' }, 'mediaType'],
    ['a type that is a number', { ...second, artifactType: 1 }, 'artifactType'],
    ['a type with a line end', { ...second, artifactType: 'a/b\r\n' }, 'artifactType'],
    ['a type without an end', { ...second, artifactType: 'a'.repeat(256) }, 'artifactType'],
    ['annotations that are a list', { ...second, annotations: ['a'] }, 'annotations'],
    ['an annotation that is a number', { ...second, annotations: { a: 1 } }, 'annotations'],
    ['another size than before', { ...first, size: 501 }, 'something else'],
    ['another media type than before', { ...first, mediaType: ociIndex }, 'something else'],
  ])('one that lists %s', async (_name, bad, problem) => {
    const message = expect.stringMatching(new RegExp(`manifests\\[1\\]: .*${problem}`)) as string;
    await refusal(indexOf([first, bad])).toMatchObject({ code: 'REFERRERS_REFUSED', message });
  });

  it('one whose second page contradicts the first', async () => {
    const transport = scripted(({ url }) =>
      url.search === '' ? page([first], next('?2')) : page([{ ...first, size: 501 }]),
    );
    const code = 'REFERRERS_REFUSED';
    await expect(clientOf(transport).referrers('a/b', subject)).rejects.toMatchObject({ code });
  });
});

describe('MF-14: a registry that fails, or leads astray', () => {
  it.each([
    [401, 'REGISTRY_DENIED'],
    [403, 'REGISTRY_DENIED'],
    [410, 'REGISTRY_REFUSED'],
    [429, 'SERVER_ERROR'],
    [500, 'SERVER_ERROR'],
  ])('HTTP %i: %s, and the tag is not asked for', async (status, code) => {
    const transport = scripted(() => answer(status));
    await expect(clientOf(transport).referrers('a/b', subject)).rejects.toMatchObject({ code });
    expect(new Set(transport.asked.map(pathOf))).toEqual(new Set([api]));
  });

  it.each([
    ['another host', `https://evil.test${api}`],
    ['another scheme', `http://registry.test${api}`],
    ['another subject', `/v2/a/b/referrers/${first.digest}`],
    ['another repository', `/v2/c/referrers/${subject}`],
  ])('a next page under %s', async (_name, link) => {
    const transport = scripted(() => page([first], next(link)));
    const code = 'REGISTRY_REFUSED';
    await expect(clientOf(transport).referrers('a/b', subject)).rejects.toMatchObject({ code });
    expect(transport.asked.map(pathOf)).toEqual([api]);
  });

  it('a list that breaks off: half of it is not passed off as the whole, nor is another one', async () => {
    const transport = scripted(({ url }) => (url.search === '' ? page([first], next('?2')) : answer(404)));
    const code = 'REGISTRY_REFUSED';
    await expect(clientOf(transport).referrers('a/b', subject)).rejects.toMatchObject({ code });
    expect(transport.asked.map(pathOf)).toEqual([api, `${api}?2`]);
  });
});

describe('MF-14: bounds', () => {
  const exceeds = (limit: string) => ({ code: 'LIMIT', facts: { limit } });

  it('a list of 10^6 referrers is left as soon as it is too long', async () => {
    const piece = utf8(`${JSON.stringify(first)},`.repeat(1000));
    let pieces = 0;
    const body: HttpResponse['body'] = {
      async deliver(onChunk) {
        await onChunk(utf8('{"schemaVersion":2,"manifests":['));
        for (; pieces < 1000; pieces++) await onChunk(piece);
      },
      cancel: () => undefined,
    };
    await expect(listed({ status: 200, headers: {}, body })).rejects.toMatchObject(exceeds('referrersBytes'));
    expect(pieces).toBe(Math.floor(limits.referrersBytes / piece.length));
  });

  it('one that announces too much is not read', async () => {
    const headers = { 'content-length': String(limits.referrersBytes + 1) };
    await expect(listed(answer(200, headers, indexOf([])))).rejects.toMatchObject(exceeds('referrersBytes'));
  });

  it('all pages together are no larger than one may be', async () => {
    const large = { ...first, annotations: { a: 'a'.repeat(limits.referrersBytes / 2) } };
    const transport = scripted(() => page([large], next('?n')));
    await expect(clientOf(transport).referrers('a/b', subject)).rejects.toMatchObject(
      exceeds('referrersBytes'),
    );
    expect(transport.asked).toHaveLength(2);
  });

  it('one that is as large as it may be is read, with manifests as large as they may be', async () => {
    const bytes = Buffer.alloc(limits.referrersBytes, ' ');
    bytes.set(indexOf([{ ...first, size: limits.manifestBytes }]));
    expect(await listed(answer(200, {}, bytes))).toEqual([{ ...first, size: limits.manifestBytes }]);
  });

  it('limits.referrers: so many, and not one more', async () => {
    const { mediaType, size } = first;
    const many = Array.from({ length: limits.referrers + 1 }, (_, i) => ({
      mediaType,
      size,
      digest: `sha256:${String(i).padStart(64, '0')}`,
    }));
    expect(await listed(page(many.slice(1)))).toHaveLength(limits.referrers);
    await expect(listed(page(many))).rejects.toMatchObject(exceeds('referrers'));
  });

  it('endless pages are left', async () => {
    const transport = scripted(() => page([first], next('?n')));
    await expect(clientOf(transport).referrers('a/b', subject)).rejects.toMatchObject(
      exceeds('referrerPages'),
    );
    expect(transport.asked).toHaveLength(limits.referrerPages);
  });
});
