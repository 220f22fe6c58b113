// MF-15, DP-09: in strict mode a digest is served only when it can be reached from a signed tag.
import { beforeEach, describe, expect, it } from 'vitest';
import { digestOf, type Digest } from '../../../src/base/digest.ts';
import { DctError } from '../../../src/base/errors.ts';
import { limits } from '../../../src/base/limits.ts';
import { proxyDefaults } from '../../../src/proxy/index.ts';
import { ContentGraph } from '../../../src/proxy/policy/content-graph.ts';
import { entryOf, gunOf, manifestBytes, type Rig } from '../fakes.ts';
import { ScriptedBlob } from '../scripted-blob.ts';
import { ask, startUnder, storeListing, type RuleText } from './rig.ts';

const layer = Buffer.from('a layer');
const layerDigest = digestOf(layer);
const index = manifestBytes('index');
const image = manifestBytes('image');
const foreign = manifestBytes('foreign');
const foreignLayer = digestOf(Buffer.from('foreign layer'));

/** `app:v1` is signed: an index of one image with one layer. `app` also has an image that nobody signed. */
async function startStrict(rule: RuleText = {}, audit = false): Promise<Rig> {
  const rig = await startUnder({ require: 'signed', strict: true, ...rule }, audit);
  storeListing(rig.registry, image, 'layer', [layerDigest]);
  storeListing(rig.registry, index, 'manifest', [digestOf(image)]);
  storeListing(rig.registry, foreign, 'layer', [foreignLayer]);
  for (const digest of [layerDigest, foreignLayer])
    rig.registry.blobs.set(digest, () => new ScriptedBlob({ digest, size: undefined, pieces: [layer] }));
  rig.trust.answers.set(gunOf('app'), { releases: { v1: entryOf(index) }, signers: { ci: {} } });
  rig.trust.answers.set(gunOf('other'), { releases: { v1: entryOf(foreign) } });
  return rig;
}

const path = (kind: 'manifests' | 'blobs', digest: Digest, repository = 'app'): string =>
  `${repository}/${kind}/${digest}`;

describe('served', () => {
  it('is what the signed manifests lead to, from the index to the layer', async () => {
    const rig = await startStrict();
    for (const one of [
      'app/manifests/v1',
      path('manifests', digestOf(index)),
      path('manifests', digestOf(image)),
      path('blobs', layerDigest),
    ])
      expect(await ask(rig, one)).toBe('200');
  });

  it('is that also when the client begins in the middle, as after a restart or at another replica', async () => {
    const rig = await startStrict();
    expect(await ask(rig, path('blobs', layerDigest))).toBe('200');
  });

  it('is that also when what was missing is there later', async () => {
    const rig = await startStrict();
    const stored = rig.registry.manifests.get(digestOf(image)) as never;
    rig.registry.manifests.delete(digestOf(image));
    expect(await ask(rig, path('blobs', layerDigest))).toBe('403 NOT_REACHABLE');
    rig.registry.manifests.set(digestOf(image), stored);
    rig.clock.time += proxyDefaults.refreshMs;
    expect(await ask(rig, path('blobs', layerDigest))).toBe('200');
  });
});

describe('MF-15, DP-09: refused', () => {
  let rig: Rig;
  beforeEach(async () => (rig = await startStrict()));

  it.each<{ name: string; path: string }>([
    { name: 'a manifest that nobody signed', path: path('manifests', digestOf(foreign)) },
    { name: 'a blob of a manifest that nobody signed', path: path('blobs', foreignLayer) },
    { name: 'a blob that is signed in another repository', path: path('blobs', layerDigest, 'other') },
    { name: 'a digest that nothing has', path: path('blobs', digestOf(Buffer.from('nothing'))) },
  ])('$name', async ({ path }) => {
    expect(await ask(rig, path)).toBe('403 NOT_REACHABLE');
    expect(await ask(rig, path, { method: 'HEAD' }).catch(() => 'no body')).toBe('no body');
    expect(rig.registry.requests.filter((request) => request.startsWith('blob'))).toEqual([]);
  });

  it('also after the other repository has served it', async () => {
    expect(await ask(rig, path('manifests', digestOf(foreign), 'other'))).toBe('200');
    expect(await ask(rig, path('manifests', digestOf(foreign)))).toBe('403 NOT_REACHABLE');
  });

  it('TG-11: is everything of a tag that was revoked', async () => {
    expect(await ask(rig, path('blobs', layerDigest))).toBe('200');
    rig.trust.answers.set(gunOf('app'), { releases: {} });
    rig.clock.time += proxyDefaults.refreshMs;
    for (const one of [path('manifests', digestOf(index)), path('blobs', layerDigest)])
      expect(await ask(rig, one)).toBe('403 NOT_REACHABLE');
  });

  it('is everything without trust data', async () => {
    expect(await ask(rig, path('manifests', digestOf(index), 'unsigned'))).toBe('403 NO_TRUST_DATA');
  });

  it('is what a signed tag leads to whose signers are too few', async () => {
    const strict = await startStrict({ require: 'signed-by', signers: ['ci'] });
    expect(await ask(strict, path('blobs', layerDigest))).toBe('403 NOT_REACHABLE');
  });

  it('is what a signed manifest leads to that the registry altered', async () => {
    const mismatch = { what: 'app', property: 'digest', expected: 'a', actual: 'b' };
    rig.registry.manifests.set(digestOf(index), new DctError('CONTENT_MISMATCH', mismatch));
    expect(await ask(rig, path('blobs', layerDigest))).toBe('403 NOT_REACHABLE');
  });
});

describe('PX-19: made-up digests', () => {
  it('make every signed manifest be read once, however many ask', async () => {
    const rig = await startStrict();
    const made = Array.from({ length: 200 }, (_, i) => path('blobs', digestOf(Buffer.from(`made up ${i}`))));
    const answers = await Promise.all(made.map((one) => ask(rig, one)));
    expect(new Set(answers)).toEqual(new Set(['403 NOT_REACHABLE']));
    expect(rig.registry.requests).toEqual([
      `manifest app ${digestOf(index)}`,
      `manifest app ${digestOf(image)}`,
    ]);
    expect(rig.trust.updates).toEqual([gunOf('app')]);
  });

  it('while the registry is away they are no refusals, and it is asked again', async () => {
    const rig = await startStrict();
    const stored = rig.registry.manifests.get(digestOf(index)) as never;
    rig.registry.manifests.set(
      digestOf(index),
      new DctError('UNREACHABLE', { origin: 'r', problem: 'gone' }),
    );
    expect(await ask(rig, path('blobs', layerDigest))).toBe('503 UNREACHABLE');
    rig.registry.manifests.set(digestOf(index), stored);
    expect(await ask(rig, path('blobs', layerDigest))).toBe('200');
  });

  it('the references of one repository are bounded', async () => {
    const rig = await startStrict();
    const many = Array.from({ length: limits.reachableReferences }, (_, i) => `sha256:${i}` as Digest);
    storeListing(rig.registry, index, 'layer', many);
    expect(await ask(rig, path('blobs', layerDigest))).toBe('403 REACHABLE_TOO_MUCH');
  });
});

describe('a digest-only rule', () => {
  it('can be strict too: what a tag is signed as, and never by tag', async () => {
    const rig = await startStrict({ require: 'digest-only' });
    expect(await ask(rig, 'app/manifests/v1')).toBe('403 TAGS_REFUSED');
    expect(await ask(rig, path('manifests', digestOf(index)))).toBe('200');
    expect(await ask(rig, path('manifests', digestOf(foreign)))).toBe('403 NOT_REACHABLE');
  });
});

describe('the graph of manifests', () => {
  const [a, b, c] = ['sha256:a', 'sha256:b', 'sha256:c'] as Digest[] as [Digest, Digest, Digest];
  const lists = (...digests: Digest[]) =>
    digests.map((digest) => ({ digest, size: 1, mediaType: 'x/y', kind: 'manifest' as const }));

  it('ends where manifests that nobody could make list each other', () => {
    const graph = new ContentGraph();
    graph.add(a, lists(b));
    graph.add(b, lists(a));
    expect(graph.leadsTo(a, (digest) => digest === c)).toBe(false);
    expect(graph.unread([a], 0, 8)).toEqual([]);
  });

  it('counts what is listed twice once', () => {
    const graph = new ContentGraph();
    graph.add(a, lists(b, b));
    graph.add(a, lists(b));
    expect(graph.size).toBe(2);
  });
});
