// `npm run sbom`: the same document every time, complete, and in agreement with the lock file.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

interface Component {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
  readonly hashes: readonly { readonly alg: string; readonly content: string }[];
}

interface Bom {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly serialNumber: string;
  readonly metadata: { readonly component: { readonly 'bom-ref': string } };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

const top = join(import.meta.dirname, '../..');

function sbom(cwd = top, env: Readonly<Record<string, string>> = {}): string {
  return execFileSync(process.execPath, [join(top, 'supply-chain/sbom.js')], {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
}

const text = sbom();
const bom = JSON.parse(text) as Bom;
const references = bom.components.map((component) => component['bom-ref']);

it('is the same from any folder, in any time zone and language', () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'dct-sbom-'));
  try {
    expect(sbom(elsewhere, { TZ: 'Pacific/Chatham', LC_ALL: 'tr_TR.UTF-8' })).toBe(text);
  } finally {
    rmSync(elsewhere, { recursive: true });
  }
});

it('is CycloneDX 1.5 with a serial number as its schema wants it', () => {
  expect(bom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1 });
  expect(bom.serialNumber).toMatch(
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u,
  );
});

it('lists every package of the lock file that is not for development, with the hash that npm checks', () => {
  const lock = JSON.parse(readFileSync(join(top, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { name?: string; version: string; dev?: boolean; integrity: string }>;
  };
  const expected = Object.entries(lock.packages)
    .filter(([place, { dev }]) => place !== '' && dev !== true)
    .map(([place, { name, version, integrity }]) => {
      const hash = Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex');
      return `${name ?? place.split('node_modules/').at(-1) ?? ''}@${version} SHA-512 ${hash}`;
    });
  const listed = bom.components.map(
    ({ name, version, hashes: [hash] }) => `${name}@${version} ${hash?.alg ?? ''} ${hash?.content ?? ''}`,
  );
  expect([...listed].sort()).toEqual(expected.sort());
});

it('says who needs what, down to packages that need none, and everything is needed by something', () => {
  const self = bom.metadata.component['bom-ref'];
  expect(bom.dependencies.map(({ ref }) => ref)).toEqual([self, ...references]);
  const needed = new Set(bom.dependencies.flatMap(({ dependsOn }) => dependsOn));
  expect([...needed].sort()).toEqual([...references].sort());
  expect(
    bom.dependencies.find(({ ref }) => ref.startsWith('asn1js@'))?.dependsOn.map((ref) => ref.split('@')[0]),
  ).toEqual(['pvtsutils', 'pvutils', 'tslib']);
});
