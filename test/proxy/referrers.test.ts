// The list of referrers through the proxy: where policy lets it pass, it is the registry's word in an index of our own.
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { digestOf, type Digest } from '../../src/base/digest.ts';
import { DctError } from '../../src/base/errors.ts';
import type { HttpRequest, HttpResponse } from '../../src/base/ports.ts';
import { MeterRegistry } from '../../src/proxy/index.ts';
import { ociIndex, ociManifest, type Registry } from '../../src/registry/index.ts';
import { answer, clientOf, json } from '../registry/support.ts';
import {
  pushImage,
  putManifest,
  testRegistry,
  whole,
  type TestImage,
  type TestRegistry,
} from '../sandbox/registry/support.ts';
import { errorOf, FakeTrust, startRig, type Rig } from './fakes.ts';
import { policyWith } from './policy/rig.ts';

const host = 'registry.test';
const policy = policyWith({ match: '**', require: 'signed', referrers: 'pass' });
const [signature, bill] = ['application/vnd.example.signature', 'application/vnd.example.bill+json'];

/** A client of the registry in this process; `instead` answers in its place. */
function clientTo(
  registry: TestRegistry,
  instead: (request: HttpRequest) => HttpResponse | undefined = () => undefined,
): Registry {
  return clientOf(async (request) => {
    const { method, url, headers } = request;
    const target = url.pathname + url.search;
    const other = instead(request);
    if (other !== undefined) return other;
    const answered = await registry.handle({ method, target, headers, body: nothing() });
    const names = Object.entries(answered.headers).map(([name, value]) => [name.toLowerCase(), value]);
    return answer(
      answered.status,
      Object.fromEntries(names) as Record<string, string>,
      await whole(answered.body),
    );
  });
}

async function* nothing(): AsyncIterable<Uint8Array> {
  // A GET has no body.
}

interface Stage {
  readonly registry: TestRegistry;
  readonly subject: TestImage;
  readonly signature: TestImage;
  readonly bill: TestImage;
}

/** `app:v1`, and two artifacts that were pushed as referring to it. */
async function prepare(): Promise<Stage> {
  const registry = testRegistry();
  const subject = await pushImage(registry, 'app', 'v1');
  const descriptor = { mediaType: ociManifest, digest: subject.digest, size: subject.bytes.length };
  const refer = (artifactType: string, note: string) => ({
    rest: { artifactType, subject: descriptor, annotations: { note } },
  });
  return {
    registry,
    subject,
    signature: await pushImage(registry, 'app', '', refer(signature, 'a signature')),
    bill: await pushImage(registry, 'app', '', refer(bill, 'a bill')),
  };
}

function startOver(registry: Registry, options: Parameters<typeof startRig>[0] = {}): Promise<Rig> {
  return startRig({ policy, ...options, upstreams: [{ host, registry, trust: new FakeTrust() }] });
}

interface Listed {
  readonly headers: Headers;
  readonly manifests: readonly { readonly digest: Digest; readonly size: number }[];
}

async function list({ url }: Rig, subject: string, query = ''): Promise<Listed> {
  const response = await fetch(`${url}/v2/app/referrers/${subject}${query}`);
  expect(response.status).toBe(200);
  const { headers } = response;
  expect(headers.get('content-type')).toBe(ociIndex);
  expect(headers.get('link')).toBeNull();
  const index = (await response.json()) as Listed;
  expect(index).toMatchObject({ schemaVersion: 2, mediaType: ociIndex });
  return { headers, manifests: index.manifests };
}

describe('PX-15: the list of referrers, where it passes', () => {
  it('names what was pushed as referring to the image, and all of it can be fetched and is verified', async () => {
    const { registry, subject, ...artifacts } = await prepare();
    const rig = await startOver(clientTo(registry));
    const { manifests, headers } = await list(rig, subject.digest);
    expect(headers.get('oci-filters-applied')).toBeNull();
    expect(manifests).toEqual(
      [
        { image: artifacts.signature, artifactType: signature, annotations: { note: 'a signature' } },
        { image: artifacts.bill, artifactType: bill, annotations: { note: 'a bill' } },
      ].map(({ image: { mediaType, digest, bytes }, ...rest }) => ({
        mediaType,
        digest,
        size: bytes.length,
        ...rest,
      })),
    );
    for (const { digest, size } of manifests) {
      const bytes = new Uint8Array(
        await (await fetch(`${rig.url}/v2/app/manifests/${digest}`)).arrayBuffer(),
      );
      expect([digestOf(bytes), bytes.length]).toEqual([digest, size]);
    }
  });

  it('what it names is refused when its bytes are not those', async () => {
    const { registry, subject, bill: listed } = await prepare();
    const rig = await startOver(
      clientTo(registry, ({ url }) =>
        url.pathname.endsWith(`/manifests/${listed.digest}`) ? answer(200, {}, subject.bytes) : undefined,
      ),
    );
    expect((await list(rig, subject.digest)).manifests[1]?.digest).toBe(listed.digest);
    const response = await fetch(`${rig.url}/v2/app/manifests/${listed.digest}`);
    expect([response.status, (await errorOf(response)).detail.reason]).toEqual([403, 'CONTENT_MISMATCH']);
  });

  it.each([
    [`?artifactType=${signature}`, ['signature']],
    ['?artifactType=application/vnd.example.bill%2Bjson', ['bill']],
    ['?artifactType=application/vnd.example.bill+json', ['bill']],
    ['?artifactType=application/vnd.example', []],
  ] as const)('is filtered by us: %s', async (query, expected) => {
    const { registry, subject, ...artifacts } = await prepare();
    const asked: string[] = [];
    const rig = await startOver(clientTo(registry, ({ url }) => void asked.push(url.search)));
    const { manifests, headers } = await list(rig, subject.digest, query);
    expect(manifests.map(({ digest }) => digest)).toEqual(expected.map((name) => artifacts[name].digest));
    expect(headers.get('oci-filters-applied')).toBe('artifactType');
    expect(asked).toEqual(['']);
  });

  it('a type that is empty is no filter', async () => {
    const { registry, subject } = await prepare();
    const { manifests, headers } = await list(
      await startOver(clientTo(registry)),
      subject.digest,
      '?artifactType=',
    );
    expect([manifests.length, headers.get('oci-filters-applied')]).toEqual([2, null]);
  });

  it('is empty where nothing refers to the image, and never "not found"', async () => {
    const { registry, bill: other } = await prepare();
    const nowhere = digestOf(utf8('nowhere'));
    const rig = await startOver(clientTo(registry));
    for (const digest of [other.digest, nowhere]) expect((await list(rig, digest)).manifests).toEqual([]);
    const without = await startOver(clientTo(registry, ({ url }) => withoutApi(url)));
    expect((await list(without, nowhere)).manifests).toEqual([]);
  });

  it('MF-14: of a registry without the API is what clients keep under the tag', async () => {
    const { registry, subject, bill: listed } = await prepare();
    const { mediaType, digest, bytes } = listed;
    const entry = { mediaType, digest, size: bytes.length, artifactType: bill };
    const index = json({ schemaVersion: 2, mediaType: ociIndex, manifests: [entry] });
    const tag = subject.digest.replace(':', '-');
    await putManifest(registry, 'app', tag, { mediaType: ociIndex, bytes: index });
    const rig = await startOver(clientTo(registry, ({ url }) => withoutApi(url)));
    expect((await list(rig, subject.digest)).manifests).toEqual([entry]);
    // The tag itself passes too, for clients that ask for nothing else.
    expect((await fetch(`${rig.url}/v2/app/manifests/${tag}`)).status).toBe(200);
  });

  it('HEAD has the head of GET', async () => {
    const { registry, subject } = await prepare();
    const { url } = await startOver(clientTo(registry));
    const path = `${url}/v2/app/referrers/${subject.digest}?artifactType=a/b`;
    const [head, get] = [await fetch(path, { method: 'HEAD' }), await fetch(path)];
    expect(await head.text()).toBe('');
    for (const name of ['content-type', 'content-length', 'oci-filters-applied'])
      expect(head.headers.get(name), name).toBe(get.headers.get(name));
  });

  it('is a decision like any other, in the log and in the numbers', async () => {
    const { registry, subject } = await prepare();
    const meters = new MeterRegistry();
    const rig = await startOver(clientTo(registry), { meters });
    await list(rig, subject.digest);
    await expect
      .poll(() => JSON.parse(rig.lines.at(-1) ?? '{}') as unknown)
      .toMatchObject({
        route: 'referrers',
        upstream: host,
        gun: `${host}/app`,
        digest: subject.digest,
        rule: '**',
        verdict: 'served',
        status: 200,
      });
    expect(meters.render()).toContain('dct_proxy_request_seconds_count{route="referrers"} 1');
  });
});

describe('MF-14: what the registry says instead', () => {
  const subject = digestOf(utf8('the subject'));
  const listOf = (entry: object): Uint8Array => json({ schemaVersion: 2, manifests: [entry] });
  const entry = { mediaType: ociManifest, digest: digestOf(utf8('a referrer')), size: 1 };

  it.each<[string, HttpResponse, string]>([
    ['a page', answer(200, { 'content-type': 'text/html' }, utf8('<html>')), '403 REFERRERS_REFUSED'],
    [
      'a digest that is none',
      answer(200, {}, listOf({ ...entry, digest: 'sha256:x' })),
      '403 REFERRERS_REFUSED',
    ],
    ['the image itself', answer(200, {}, listOf({ ...entry, digest: subject })), '403 REFERRERS_REFUSED'],
    ['too much', answer(200, { 'content-length': '1000000000' }), '403 LIMIT'],
    [
      'more of it elsewhere',
      answer(200, { link: '<//evil.test/>; rel="next"' }, listOf(entry)),
      '502 REGISTRY_REFUSED',
    ],
    ['that it denies it', answer(403), '403 REGISTRY_DENIED'],
    ['that it has too much to do', answer(429), '429 SERVER_ERROR'],
    ['that it is broken', answer(503), '503 SERVER_ERROR'],
  ])('%s: %#', async (_name, response, expected) => {
    const { url } = await startOver(clientOf(() => Promise.resolve(response)));
    const answered = await fetch(`${url}/v2/app/referrers/${subject}`);
    const { detail, message } = await errorOf(answered);
    expect(`${answered.status} ${detail.reason}`).toBe(expected);
    expect(message).not.toContain('html');
  });

  it('nothing: no connection is 503', async () => {
    const unreachable = new DctError('UNREACHABLE', { origin: 'https://registry.test', problem: 'refused' });
    const { url } = await startOver(clientOf(() => Promise.reject(unreachable)));
    const answered = await fetch(`${url}/v2/app/referrers/${subject}`);
    expect([answered.status, (await errorOf(answered)).detail.reason]).toEqual([503, 'UNREACHABLE']);
  });

  it('more than a list says, in head and body: none of it is passed on', async () => {
    const headers = {
      'x-evil': 'a',
      etag: '"b"',
      'docker-content-digest': subject,
      'content-type': 'text/html',
    };
    const body = listOf({ ...entry, urls: ['https://evil.test/'], data: 'e30=', platform: { os: 'x' } });
    const rig = await startOver(clientOf(() => Promise.resolve(answer(200, headers, body))));
    const listed = await list(rig, subject);
    expect(listed.manifests).toEqual([entry]);
    for (const name of ['x-evil', 'etag', 'docker-content-digest'])
      expect(listed.headers.get(name), name).toBeNull();
  });
});

/** As registries answered before there was an API for referrers. */
function withoutApi({ pathname }: URL): HttpResponse | undefined {
  return pathname.includes('/referrers/') ? answer(404, {}, utf8('404 page not found\n')) : undefined;
}
