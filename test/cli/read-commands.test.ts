// `resolve`, `list` and `verify`: what they say about trust data that passed, and about first contact.
import { describe, expect, it } from 'vitest';
import { digestOf, type Digest } from '../../src/base/digest.ts';
import { DctError } from '../../src/base/errors.ts';
import { utf8 } from '../../src/base/bytes.ts';
import type { Blob, Descriptor, Manifest, Registry } from '../../src/registry/types.ts';
import { errorOf, run, trustDoor, type World } from './support.ts';
import { hex, id, trustedRepository, type Outline } from './trusted-repository.ts';

const name = 'registry.test/app';
const released: Outline = {
  signers: { 'targets/releases': [id('a1')] },
  tags: { 'targets/releases': { '1.10': 'ten', '1.9': 'nine' }, targets: { old: 'old' } },
};

function world(outline: Outline, registry?: Pick<Registry, 'manifest' | 'blob'>): World {
  const trust = trustDoor(() => Promise.resolve(trustedRepository(outline)));
  const door = registry && { registry: () => Promise.resolve({ ...registry } as Registry) };
  return { services: { trust, ...door } };
}

describe('resolve', () => {
  it('prints one line', async () => {
    expect(await run(['resolve', `${name}:1.9`], world(released))).toEqual({
      code: 0,
      stdout: `${name}@sha256:${hex('nine')}\n`,
      stderr: '',
    });
  });

  it('and as JSON what it was signed as', async () => {
    const { stdout } = await run(['resolve', `${name}:1.9`, '--json'], world(released));
    expect(JSON.parse(stdout)).toEqual({
      reference: `${name}@sha256:${hex('nine')}`,
      gun: name,
      tag: '1.9',
      digest: `sha256:${hex('nine')}`,
      size: 4,
      role: 'targets/releases',
    });
  });

  it('prints nothing for a tag that is not signed', async () => {
    const outcome = await run(['resolve', `${name}:2.0`, '--json'], world(released));
    expect(outcome).toMatchObject({ code: 3, stdout: '' });
    expect(errorOf(outcome)).toMatchObject({ code: 'NOT_SIGNED', facts: { gun: name, tag: '2.0' } });
  });
});

describe('list', () => {
  it('is a table in natural order', async () => {
    const { stdout, code } = await run(['list', name], world(released));
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        'TAG    DIGEST                                                                    SIZE   ROLE',
        `1.9    sha256:${hex('nine')}   4      targets/releases`,
        `1.10   sha256:${hex('ten')}   3      targets/releases`,
        `old    sha256:${hex('old')}   3      targets`,
        '',
      ].join('\n'),
    );
  });

  it('is JSON when asked', async () => {
    const { stdout } = await run(['list', name, '--json'], world(released));
    expect(JSON.parse(stdout)).toMatchObject({
      gun: name,
      tags: [{ tag: '1.9', size: 4 }, { tag: '1.10' }, { tag: 'old', role: 'targets' }],
    });
  });

  it('of nothing is empty, and says so beside', async () => {
    expect(await run(['list', name], world({}))).toEqual({
      code: 0,
      stdout: '',
      stderr: `nothing is signed in ${name}\n`,
    });
    expect(JSON.parse((await run(['list', name, '--json'], world({}))).stdout)).toEqual({
      gun: name,
      tags: [],
    });
  });
});

describe('verify', () => {
  it('says what holds', async () => {
    const { stdout, stderr, code } = await run(['verify', `${name}:1.9`], world(released));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(
      [
        `${name}: all trust data is valid`,
        `root key ${id('aa')}, certificate ${id('aa')}`,
        'trusted since 2029-01-01T00:00:00Z on first use',
        '',
        'ROLE               VERSION   EXPIRES',
        ...['root     ', 'timestamp', 'snapshot ', 'targets  '].map(
          (role) => `${role}          3         2031-06-07T08:09:10Z`,
        ),
        'targets/releases   3         2031-06-07T08:09:10Z',
        '',
        'TAG   DIGEST                                                                    SIZE   ROLE',
        `1.9   sha256:${hex('nine')}   4      targets/releases`,
        '',
      ].join('\n'),
    );
  });

  it('says so when the server did not answer', async () => {
    const { stdout } = await run(['verify', name], world({ ...released, facts: { origin: 'cache' } }));
    expect(stdout).toContain('the Notary server did not answer');
  });

  it('names delegations that cannot be used', async () => {
    const problem = new DctError('EXPIRED', {
      gun: name,
      role: 'targets/alice',
      expires: 'then',
      now: 'now',
    });
    const facts = { unusable: new Map([['targets/alice' as never, problem]]) };
    const { code, stderr } = await run(['verify', name], world({ ...released, facts }));
    expect(code).toBe(0);
    expect(stderr).toContain('warning: targets/alice of registry.test/app is not used: ');
  });

  it('of a tag that is not signed fails', async () => {
    expect(await run(['verify', `${name}:nope`], world(released))).toMatchObject({ code: 3, stdout: '' });
  });
});

describe('verify --deep', () => {
  const layer = utf8('layer');
  const config = utf8('config');
  const describeBlob = (
    bytes: Uint8Array,
    kind: Descriptor['kind'],
    mediaType = 'application/octet-stream',
  ): Descriptor => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.byteLength,
    kind,
  });

  /** An index with one image in it; `references` of each document are given, not parsed. */
  const image = {
    bytes: utf8('image'),
    references: [describeBlob(config, 'config'), describeBlob(layer, 'layer')],
  };
  const index = {
    bytes: utf8('index'),
    references: [describeBlob(image.bytes, 'manifest'), describeBlob(image.bytes, 'manifest')],
  };

  function registry(changes: { blobs?: readonly Uint8Array[]; references?: readonly Descriptor[] } = {}) {
    const manifests = [index, { ...image, references: changes.references ?? image.references }];
    const blobs = changes.blobs ?? [config, layer];
    const fetched: Digest[] = [];
    return {
      fetched,
      manifest: (_: string, digest: string): Promise<Manifest> => {
        fetched.push(digest as Digest);
        const found = manifests.find(({ bytes }) => digestOf(bytes) === digest);
        if (found === undefined)
          return Promise.reject(new DctError('MANIFEST_UNKNOWN', { reference: digest }));
        return Promise.resolve({ ...found, digest: digest as Digest, mediaType: 'application/json' });
      },
      blob: (_: string, digest: Digest): Promise<Blob> => {
        fetched.push(digest);
        const found = blobs.find((bytes) => digestOf(bytes) === digest);
        if (found === undefined) return Promise.reject(new DctError('BLOB_UNKNOWN', { reference: digest }));
        return Promise.resolve({
          digest,
          size: undefined,
          deliver: () => Promise.resolve(found.byteLength),
          cancel: () => undefined,
        });
      },
    };
  }
  const signed: Outline = { tags: { targets: { '1.0': 'index' } } };

  it('fetches everything once', async () => {
    const source = registry();
    const { code, stdout } = await run(['verify', '--deep', `${name}:1.0`], world(signed, source));
    expect(code).toBe(0);
    expect(stdout).toContain('content: 2 manifest(s) and 2 blob(s), 21 bytes, all match');
    expect(source.fetched).toEqual([index.bytes, image.bytes, config, layer].map((bytes) => digestOf(bytes)));
  });

  it('reports every piece that is missing, and no verdict on stdout', async () => {
    const { code, stdout, stderr } = await run(
      ['verify', '--deep', `${name}:1.0`],
      world(signed, registry({ blobs: [] })),
    );
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    for (const bytes of [config, layer])
      expect(stderr).toContain(`the registry has no blob ${digestOf(bytes)}`);
  });

  it('a size that differs from the declared one is a mismatch', async () => {
    const references = [{ ...describeBlob(layer, 'layer'), size: 4 }];
    const outcome = await run(
      ['verify', '--deep', `${name}:1.0`, '--json', '--quiet'],
      world(signed, registry({ references })),
    );
    expect(outcome).toMatchObject({ code: 3, stdout: '' });
    expect(errorOf(outcome)).toMatchObject({
      code: 'CONTENT_MISMATCH',
      facts: { property: 'size', expected: '4', actual: '5' },
    });
  });

  it('says which layers are kept elsewhere', async () => {
    const references = [
      describeBlob(layer, 'layer', 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'),
    ];
    const source = registry({ references, blobs: [] });
    const { code, stdout } = await run(['verify', '--deep', `${name}:1.0`], world(signed, source));
    expect(code).toBe(0);
    expect(stdout).toContain(`not checked, because it is kept outside of the registry: ${digestOf(layer)}`);
  });

  it('without an answer there is no verdict', async () => {
    const blob = () =>
      Promise.reject(new DctError('UNREACHABLE', { origin: 'https://registry.test', problem: 'refused' }));
    const outcome = await run(['verify', '--deep', `${name}:1.0`], world(signed, { ...registry(), blob }));
    expect(outcome).toMatchObject({ code: 4, stdout: '' });
  });
});
