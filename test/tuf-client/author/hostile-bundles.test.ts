// Bundles come by mail and on sticks: one that says anything else than what it shows is refused before anybody signs it.
import { describe, expect, test } from 'vitest';
import type { Code } from '../../../src/base/errors.ts';
import { utf8 } from '../../../src/base/bytes.ts';
import { limits } from '../../../src/base/limits.ts';
import { readBundle } from '../../../src/tuf-client/author/index.ts';
import { codeOf, codeOfRejection } from '../../support/code-of.ts';
import { makeKeys, signBody, type ListedKey } from '../../support/notary-simulator.ts';
import { alice, begin, bob, cosign, open, pair, signing, type Pair } from './bundle-support.ts';

interface Raw {
  format: unknown;
  gun: unknown;
  documents: {
    role: unknown;
    base: { version: unknown; sha256: unknown };
    metadata: {
      signed: Record<string, unknown>;
      signatures: { keyid: string; method: string; sig: string }[];
    };
  }[];
}

const parse = (bytes: Uint8Array): Raw => JSON.parse(Buffer.from(bytes).toString('utf8')) as Raw;
const write = (raw: Raw): Uint8Array => utf8(JSON.stringify(raw));
const first = ({ documents }: Raw): Raw['documents'][number] => documents[0] as never;

/** The document of a bundle with another body, properly signed by these keys. */
function resign(raw: Raw, keys: readonly ListedKey[], edit: (signed: Record<string, unknown>) => void): void {
  const { metadata } = first(raw);
  edit(metadata.signed);
  const signed = signBody(metadata.signed as never, keys);
  Object.assign(metadata, JSON.parse(Buffer.from(signed).toString('utf8')) as object);
}

async function mutated(rigs: Pair, edit: (raw: Raw) => void): Promise<Uint8Array> {
  const raw = parse((await begin(rigs.alice)).bytes);
  edit(raw);
  return write(raw);
}

const entry = { hashes: { sha256: Buffer.alloc(32, 7).toString('base64') }, length: 7 };
const tagsOf = (signed: Record<string, unknown>): Record<string, object> => signed['targets'] as never;

describe('a file that is no bundle', () => {
  test.each<readonly [string, (raw: Raw) => unknown]>([
    ['of another format', (raw) => (raw.format = 'dct-bundle-2')],
    ['without a repository', (raw) => (raw.gun = 7)],
    ['for a name that no repository can have', (raw) => (raw.gun = 'registry.test/../etc')],
    ['for a host of millions of labels', (raw) => (raw.gun = `${'a.'.repeat(2 ** 23)}a/app`)],
    ['without documents', (raw) => (raw.documents = [])],
    ['with more than it should have', (raw) => Object.assign(raw, { note: 'trust me' })],
    ['with a role twice', (raw) => raw.documents.push(first(raw))],
    ['with a role that servers sign', (raw) => (first(raw).role = 'timestamp')],
    ['with a snapshot', (raw) => (first(raw).role = 'snapshot')],
    ['with a role that is a path', (raw) => (first(raw).role = 'targets/../root')],
    ['on top of a version below zero', (raw) => (first(raw).base.version = -1)],
    ['on top of a hash that is none', (raw) => (first(raw).base.sha256 = 'ab')],
    ['with a body of another type', (raw) => (first(raw).metadata.signed['_type'] = 'Root')],
    ['with a field that nobody is shown (JS-12)', (raw) => (first(raw).metadata.signed['note'] = 'hidden')],
    ['with a field in another case (JS-02)', (raw) => (first(raw).metadata.signed['Version'] = 9)],
    [
      'with a signature that is none',
      (raw) => ((first(raw).metadata.signatures[0] as { sig: string }).sig = '!'),
    ],
  ])('%s', async (_, edit) => {
    const bytes = await mutated(await pair(), edit);
    expect(codeOf(() => readBundle(bytes))).toBe('BUNDLE_REFUSED');
  });

  test.each([
    ['empty', utf8('')],
    ['no JSON', utf8('-----BEGIN BUNDLE-----')],
    ['a list', utf8('[]')],
    ['with a name twice (JS-01)', utf8('{"format":"dct-bundle-1","format":"dct-bundle-1"}')],
    ['not UTF-8', Uint8Array.of(0xff, 0xfe)],
    ['too long', new Uint8Array(limits.bundleBytes + 1).fill(0x20)],
  ])('%s', (_, bytes) => {
    expect(codeOf(() => readBundle(bytes))).toBe('BUNDLE_REFUSED');
  });
});

describe('a bundle that is not what it seems', () => {
  const cases: readonly (readonly [string, (raw: Raw) => unknown, Code?])[] = [
    [
      'a body that was changed after it had been signed',
      (raw) => (tagsOf(first(raw).metadata.signed)['evil'] = entry),
    ],
    ['a signature by a key that may not sign', (raw) => resign(raw, makeKeys(1), () => undefined)],
    [
      'a signature twice (SG-02)',
      (raw) => first(raw).metadata.signatures.push(...first(raw).metadata.signatures),
    ],
    [
      'a signature under the id of another signer (SG-04)',
      (raw) => ((first(raw).metadata.signatures[0] as { keyid: string }).keyid = bob[0]?.id ?? ''),
    ],
    [
      'a signature by another method',
      (raw) => ((first(raw).metadata.signatures[0] as { method: string }).method = 'rsapss'),
    ],
    [
      'data beside a tag that nobody is shown',
      (raw) => resign(raw, alice, (signed) => (tagsOf(signed)['1.0'] = { ...entry, custom: { run: 'me' } })),
    ],
    [
      'a second hash beside a tag that nobody is shown',
      (raw) =>
        resign(raw, alice, (signed) => {
          const sha512 = Buffer.alloc(64, 9).toString('base64');
          tagsOf(signed)['1.0'] = { ...entry, hashes: { ...entry.hashes, sha512 } };
        }),
    ],
    ['a version that does not follow', (raw) => resign(raw, alice, (signed) => (signed['version'] = 9))],
    [
      'a role that nobody declares',
      (raw) => {
        Object.assign(first(raw), { role: 'targets/mallory', base: { version: 0, sha256: null } });
        resign(raw, alice, (signed) => (signed['version'] = 1));
      },
    ],
    [
      'an end that has passed',
      (raw) => resign(raw, alice, (signed) => (signed['expires'] = '2020-01-01T00:00:00Z')),
      'EXPIRED',
    ],
    ['another base', (raw) => (first(raw).base.sha256 = 'ab'.repeat(32)), 'BUNDLE_OUTDATED'],
    ['another repository', (raw) => (raw.gun = 'registry.test/other'), 'NO_TRUST_DATA'],
  ];
  test.each(cases.map(([name, edit, code]) => ({ name, edit, code: code ?? 'BUNDLE_REFUSED' })))(
    '$name',
    async ({ edit, code }) => {
      const rigs = await pair();
      const bytes = await mutated(rigs, edit);
      expect(await codeOfRejection(open(rigs.bob, bytes))).toBe(code);
      expect(rigs.bob.keys.unlocked).toEqual([]);
    },
  );

  test('keys that leave the releases unreadable (ADR 0016)', async () => {
    const rigs = await pair();
    const { owner } = rigs;
    const change = { kind: 'purge-keys', keys: [(alice[0] as ListedKey).id] } as const;
    owner.repository.role('targets/releases').threshold = 1;
    owner.repository.publish('targets');
    const raw = parse((await begin(owner, { gun: owner.repository.gun, change })).bytes);
    raw.documents = raw.documents.filter(({ role }) => role === 'targets');
    owner.repository.role('targets/releases').keys = alice;
    owner.repository.writeTargets('targets/releases');
    owner.repository.publishSnapshot();
    expect(await codeOfRejection(open(owner, write(raw)))).toBe('BUNDLE_REFUSED');
  });

  test('copies of different bundles are not put together', async () => {
    const rigs = await pair();
    const one = await cosign(rigs.bob, (await begin(rigs.alice)).bytes);
    const other = (await begin(rigs.alice, signing('2.0'))).bytes;
    expect(await codeOfRejection((async () => open(rigs.bob, one, other))())).toBe('BUNDLE_REFUSED');
  });

  test('no private key ever gets into one', async () => {
    const { bytes } = await begin((await pair()).alice);
    expect(Buffer.from(bytes).toString('utf8')).not.toMatch(/PRIVATE|"private":[^n]/);
  });
});
