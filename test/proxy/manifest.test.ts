// Manifests by tag and by digest: what was signed, whatever the registry does.
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { DctError, type Code, type Facts } from '../../src/base/errors.ts';
import { limits } from '../../src/base/limits.ts';
import {
  entryOf,
  errorOf,
  gunOf,
  host,
  imageType,
  manifestBytes,
  startRig,
  startSignedRig,
  type Entry,
} from './fakes.ts';

const signedHeaders = ['content-type', 'content-length', 'docker-content-digest', 'etag'];
const pick = (response: Response): (string | null)[] =>
  signedHeaders.map((name) => response.headers.get(name));

describe('by tag', () => {
  it('MF-01: serves the signed bytes, and asks the registry by digest alone', async () => {
    const { url, registry, bytes, digest, decisions, lines } = await startSignedRig();
    registry.store(manifestBytes('moved'), imageType, 'v1' as never);
    const response = await fetch(`${url}/v2/app/manifests/v1`);
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
    expect(pick(response)).toEqual([imageType, String(bytes.byteLength), digest, `"${digest}"`]);
    expect(response.headers.get('docker-distribution-api-version')).toBe('registry/2.0');
    expect(registry.requests).toEqual([`manifest app ${digest}`]);
    await expect
      .poll(() => decisions)
      .toMatchObject([
        { verdict: 'served', gun: gunOf('app'), tag: 'v1', digest, method: 'GET', status: 200 },
      ]);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      at: '2026-01-01T00:00:00Z',
      client: '127.0.0.1',
      digest,
    });
  });

  it('RB-12: targets/releases comes before targets', async () => {
    const { url, trust, registry } = await startRig();
    const [old, current] = [manifestBytes('old'), manifestBytes('current')];
    registry.store(old);
    const digest = registry.store(current);
    trust.answers.set(gunOf('app'), { targets: { v1: entryOf(old) }, releases: { v1: entryOf(current) } });
    const response = await fetch(`${url}/v2/app/manifests/v1`);
    expect(response.headers.get('docker-content-digest')).toBe(digest);
  });

  it('MF-04, DP-06: HEAD has the head of GET, and comes from the verified manifest', async () => {
    const { url } = await startSignedRig();
    const [get, head] = await Promise.all(
      ['GET', 'HEAD'].map((method) => fetch(`${url}/v2/app/manifests/v1`, { method })),
    );
    const names = (response: Response | undefined): [string, string][] =>
      [...(response?.headers ?? [])].filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name));
    expect(names(head)).toEqual(names(get));
    expect(head?.status).toBe(200);
    expect(await head?.text()).toBe('');
  });

  it('MF-04: HEAD is refused where GET is', async () => {
    const { url, registry, bytes, digest } = await startSignedRig();
    registry.store(manifestBytes('tampered'), imageType, digest);
    for (const method of ['GET', 'HEAD']) {
      const response = await fetch(`${url}/v2/app/manifests/v1`, { method });
      expect(response.status).toBe(403);
      expect(await response.text()).not.toContain(Buffer.from(bytes).toString());
    }
  });

  it.each<[string, string | undefined]>([
    ['no Accept', undefined],
    ['*/*', '*/*'],
    ['another type', 'application/vnd.docker.distribution.manifest.v2+json'],
    ['q-values', `${imageType};q=0, text/html;q=1.0`],
    ['500 types', Array.from({ length: 500 }, (_, i) => `a/b${i}`).join(',')],
  ])('MF-13: never converts (%s)', async (_name, accept) => {
    const { url, digest, bytes } = await startSignedRig();
    const response = await fetch(`${url}/v2/app/manifests/v1`, {
      headers: accept === undefined ? {} : { accept },
    });
    expect(response.status).toBe(200);
    expect(digestOf(new Uint8Array(await response.arrayBuffer()))).toBe(digest);
    expect(response.headers.get('content-type')).toBe(imageType);
    expect(bytes.byteLength).toBe(Number(response.headers.get('content-length')));
  });
});

describe('TG-04, TG-05, MF-02: every signed property is compared', () => {
  const bytes = manifestBytes('content');
  const wrong = new Uint8Array(64).fill(7);
  const good = entryOf(bytes, ['sha256', 'sha512']);
  const cases: [string, Entry, Code | undefined][] = [
    ['sha256 and sha512 right', good, undefined],
    ['sha512 wrong', { ...good, hashes: new Map([...good.hashes, ['sha512', wrong]]) }, 'CONTENT_MISMATCH'],
    ['length one too many', { ...good, length: good.length + 1 }, 'CONTENT_MISMATCH'],
    ['length one too few', { ...good, length: good.length - 1 }, 'CONTENT_MISMATCH'],
    ['length beyond the bound', { ...good, length: limits.manifestBytes + 1 }, 'TARGET_UNUSABLE'],
    ['length 2^53 - 1', { ...good, length: Number.MAX_SAFE_INTEGER }, 'TARGET_UNUSABLE'],
    ['length 0', { ...good, length: 0 }, 'TARGET_UNUSABLE'],
    ['length -1', { ...good, length: -1 }, 'TARGET_UNUSABLE'],
  ];
  it.each(cases)('%s', async (_name, entry, code) => {
    const { url, trust, registry } = await startRig();
    registry.store(bytes);
    trust.answers.set(gunOf('app'), { targets: { v1: entry } });
    const response = await fetch(`${url}/v2/app/manifests/v1`);
    expect(response.status).toBe(code === undefined ? 200 : 403);
    if (code === undefined) return;
    const error = await errorOf(response);
    expect(error).toMatchObject({ code: 'DENIED', detail: { reason: code } });
    expect(error.message).toContain(`${gunOf('app')}:v1`);
  });

  it('MF-02: a registry client that passes other bytes on is not believed', async () => {
    const { url, registry, digest } = await startSignedRig();
    registry.store(manifestBytes('SIGNED'), imageType, digest);
    const byTag = await errorOf(await fetch(`${url}/v2/app/manifests/v1`));
    const byDigest = await errorOf(await fetch(`${url}/v2/app/manifests/${digest}`));
    expect([byTag.detail.reason, byDigest.detail.reason]).toEqual(['CONTENT_MISMATCH', 'CONTENT_MISMATCH']);
  });
});

describe('refusals by tag are 403 DENIED, and name tag, GUN and reason', () => {
  const gun = gunOf('app');
  const fail = <C extends Code>(code: C, facts: Facts<C>): DctError => new DctError(code, facts);
  it.each<[string, DctError]>([
    ['no trust data', fail('NO_TRUST_DATA', { gun })],
    ['unknown GUN', fail('UNKNOWN_GUN', { gun, rootKeys: 'abc' })],
    ['expired', fail('EXPIRED', { gun, role: 'timestamp', expires: 'then', now: 'now' })],
    ['rolled back', fail('ROLLBACK', { gun, role: 'targets', trusted: 4, offered: 3 })],
    ['pin', fail('PIN_MISMATCH', { gun, offered: 'a', pin: 'b' })],
    ['trust data hidden', fail('TRUST_DATA_GONE', { gun, role: 'timestamp' })],
    ['not metadata', fail('NOT_METADATA', { url: 'https://notary.test/', problem: 'HTML' })],
    ['malformed', fail('MALFORMED', { what: 'targets', path: '$', problem: 'it is not JSON' })],
  ])('%s', async (_name, refusal) => {
    const { url, trust, registry, decisions } = await startRig();
    trust.answers.set(gun, refusal);
    const response = await fetch(`${url}/v2/app/manifests/v1`);
    const error = await errorOf(response);
    expect(response.status).toBe(403);
    expect(error).toMatchObject({ code: 'DENIED', detail: { reason: refusal.code, next: refusal.next } });
    expect(error.message).toContain(`${gun}:v1`);
    expect(error.message).toContain(refusal.message);
    expect(registry.requests).toEqual([]);
    await expect
      .poll(() => decisions)
      .toMatchObject([{ verdict: 'refused', reason: refusal.code, gun, tag: 'v1', status: 403 }]);
  });

  it.each(['unsigned', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '__proto__'])(
    'NM-08: %s is not signed, and the registry is not asked',
    async (tag) => {
      const { url, registry } = await startSignedRig();
      const response = await fetch(`${url}/v2/app/manifests/${tag}`);
      const error = await errorOf(response);
      expect([response.status, error.code, error.detail.reason]).toEqual([403, 'DENIED', 'NOT_SIGNED']);
      expect(error.message).toContain(`${gun}:${tag}`);
      expect(registry.requests).toEqual([]);
    },
  );

  it('NM-08: a signed __proto__ is a tag like any other', async () => {
    const { url, trust, registry } = await startRig();
    const bytes = manifestBytes('proto');
    const digest = registry.store(bytes);
    trust.answers.set(gun, { targets: Object.fromEntries([['__proto__', entryOf(bytes)]]) });
    const response = await fetch(`${url}/v2/app/manifests/__proto__`);
    expect(response.headers.get('docker-content-digest')).toBe(digest);
  });

  it('TG-10: an unsigned tag is refused although its content is signed as another one', async () => {
    const { url, digest } = await startSignedRig();
    expect((await fetch(`${url}/v2/app/manifests/other`)).status).toBe(403);
    expect((await fetch(`${url}/v2/app/manifests/${digest}`)).status).toBe(200);
  });

  it.each<[string, DctError]>([
    ['manifest', fail('MANIFEST_UNKNOWN', { reference: 'x' })],
    ['repository', fail('NAME_UNKNOWN', { repository: 'app' })],
  ])('MF-01: a signed manifest that the registry lacks is no 404 (%s)', async (_name, error) => {
    const { url, registry, digest } = await startSignedRig();
    registry.manifests.set(digest, error);
    const response = await fetch(`${url}/v2/app/manifests/v1`);
    expect(response.status).toBe(403);
    expect((await errorOf(response)).detail.reason).toBe('SIGNED_MANIFEST_MISSING');
    expect(registry.requests).toEqual([`manifest app ${digest}`]);
  });

  it('MF-11, TG-08: what the registry client refuses as a manifest stays refused', async () => {
    const { url, registry, digest } = await startSignedRig();
    registry.manifests.set(digest, fail('MANIFEST_REFUSED', { reference: 'app', problem: 'it is schema 1' }));
    for (const reference of ['v1', digest]) {
      const response = await fetch(`${url}/v2/app/manifests/${reference}`);
      expect(response.status).toBe(403);
      expect((await errorOf(response)).message).toContain('schema 1');
    }
  });
});

describe('by digest', () => {
  it('MF-15: content that nobody signed passes, because its name proves it', async () => {
    const { url, registry, trust } = await startRig();
    const bytes = manifestBytes('unsigned');
    const digest = registry.store(bytes);
    for (const method of ['GET', 'HEAD']) {
      const response = await fetch(`${url}/v2/app/manifests/${digest}`, { method });
      expect(pick(response)).toEqual([imageType, String(bytes.byteLength), digest, `"${digest}"`]);
    }
    expect(trust.updates).toEqual([]);
  });

  it('MF-10: sha512 is compared as sha512', async () => {
    const { url, registry } = await startRig();
    const bytes = manifestBytes('long');
    const digest = registry.store(bytes, imageType, digestOf(bytes, 'sha512'));
    const response = await fetch(`${url}/v2/app/manifests/${digest}`);
    expect([response.status, response.headers.get('docker-content-digest')]).toEqual([200, digest]);
    const other = digestOf(manifestBytes('other'), 'sha512');
    registry.store(manifestBytes('long'), imageType, other);
    expect((await fetch(`${url}/v2/app/manifests/${other}`)).status).toBe(403);
  });

  it('MF-06: what is missing is 404 MANIFEST_UNKNOWN', async () => {
    const { url } = await startRig();
    const response = await fetch(`${url}/v2/app/manifests/${digestOf(new Uint8Array())}`);
    expect([response.status, (await errorOf(response)).code]).toEqual([404, 'MANIFEST_UNKNOWN']);
  });

  it.each(['text/html', 'application/x\r\nSet-Cookie: a=b', 'application/json; charset=utf-8', ''])(
    'PX-17: the media type %j from a document does not become a header',
    async (mediaType) => {
      const { url, registry } = await startRig();
      const digest = registry.store(manifestBytes('odd'), mediaType);
      const response = await fetch(`${url}/v2/app/manifests/${digest}`);
      expect(response.status).toBe(403);
      expect(response.headers.get('set-cookie')).toBeNull();
      expect((await errorOf(response)).detail.reason).toBe('MANIFEST_REFUSED');
    },
  );
});

describe('MF-18: If-None-Match', () => {
  const stale = digestOf(Buffer.from('stale'));
  it.each<[string, (digest: string) => string, number]>([
    ['the signed digest', (digest) => `"${digest}"`, 304],
    ['the signed digest, bare', (digest) => digest, 304],
    ['in a list', (digest) => `"${stale}", "${digest}"`, 304],
    ['a stale digest', () => `"${stale}"`, 200],
    ['a weak one', (digest) => `W/"${digest}"`, 200],
    ['anything', () => '*', 200],
    ['a prefix', (digest) => `"${digest.slice(0, -1)}"`, 200],
    ['nothing', () => '', 200],
  ])('%s', async (_name, condition, status) => {
    const { url, digest } = await startSignedRig();
    for (const method of ['GET', 'HEAD']) {
      const headers = { 'if-none-match': condition(digest) };
      const response = await fetch(`${url}/v2/app/manifests/v1`, { method, headers });
      expect(response.status).toBe(status);
      expect(response.headers.get('docker-content-digest')).toBe(digest);
      expect((await response.text()) === '').toBe(method === 'HEAD' || status === 304);
    }
  });

  it('the digest of a tag that is no longer signed is no match', async () => {
    const { url, digest } = await startSignedRig();
    const response = await fetch(`${url}/v2/app/manifests/gone`, {
      headers: { 'if-none-match': `"${digest}"` },
    });
    expect(response.status).toBe(403);
  });
});

it('DP-10: what a client sends as credentials is neither used nor logged', async () => {
  const { url, lines, registry } = await startSignedRig();
  const headers = { authorization: 'Basic c2VjcmV0OnNlY3JldA==', 'x-forwarded-host': 'evil.test' };
  await fetch(`${url}/v2/app/manifests/v1`, { headers });
  await fetch(`${url}/v2/app/manifests/unsigned`, { headers });
  expect(lines.join('\n')).not.toContain('c2VjcmV0');
  expect(lines.join('\n')).toContain(`${host}/app`);
  expect(registry.requests.join('\n')).not.toContain('evil');
});
