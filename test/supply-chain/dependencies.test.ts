// What dct is allowed to be made of: few packages, pinned, hashed, under known licences, that run nothing at installation.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
}

const json = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'));
const manifest = json('package.json') as Manifest;
const lock = json('package-lock.json') as { readonly packages: Readonly<Record<string, LockedPackage>> };
const locked = Object.entries(lock.packages).filter(([place]) => place !== '');
const shipped = locked.filter(([, { dev }]) => dev !== true);

const places = (offenders: readonly (readonly [string, LockedPackage])[]): readonly string[] =>
  offenders.map(([place]) => place);

it('needs these packages, and the keychain of the platform where there is one', () => {
  const names = shipped.map(([place]) => place.replace(/^node_modules\//u, ''));
  expect(names.filter((name) => !name.startsWith('@napi-rs/keyring-'))).toEqual([
    '@noble/ed25519',
    '@noble/hashes',
    'asn1js',
    'canonicalize',
    'commander',
    'keytar',
    'pvtsutils',
    'pvutils',
    'tslib',
    'undici',
  ]);
});

it('pins each direct dependency to one version', () => {
  const { dependencies, optionalDependencies, devDependencies } = manifest;
  const ranges = Object.entries({ ...dependencies, ...optionalDependencies, ...devDependencies });
  expect(ranges.filter(([, range]) => !/^(?:npm:@?[\w./-]+@)?\d+\.\d+\.\d+$/u.test(range))).toEqual([]);
});

it('locks each package by a SHA-512 of its content', () => {
  expect(
    places(locked.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/u.test(integrity ?? ''))),
  ).toEqual([]);
});

it('takes packages from the public registry only: no links, no repositories, no other hosts', () => {
  const elsewhere = locked.filter(
    ([, { resolved = 'https://registry.npmjs.org/', link = false }]) =>
      link || !resolved.startsWith('https://registry.npmjs.org/'),
  );
  expect(places(elsewhere)).toEqual([]);
});

it('runs no script of anybody else at installation', () => {
  expect(places(locked.filter(([, entry]) => entry.hasInstallScript === true))).toEqual([]);
});

it('runs none of its own where it is installed: `prepare` is for clones', () => {
  const atInstallation = ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'postprepare'];
  expect(atInstallation.filter((name) => name in manifest.scripts)).toEqual([]);
});

/** May be shipped with, and linked into, a program under Apache-2.0 without further conditions than naming them. */
const shippedLicenses: readonly string[] = ['0BSD', 'Apache-2.0', 'BSD-3-Clause', 'MIT'];
/** Tools that are not shipped. MPL-2.0 asks something only of who passes changed files of theirs on. */
const toolLicenses: readonly string[] = [
  ...shippedLicenses,
  'BSD-2-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MPL-2.0',
];

it.each([
  ['what is shipped', shipped, shippedLicenses],
  ['all tools', locked, toolLicenses],
] as const)('knows the licences of %s', (_what, entries, allowed) => {
  expect(places(entries.filter(([, { license = 'none' }]) => !allowed.includes(license)))).toEqual([]);
});
