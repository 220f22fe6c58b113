// Prints what a released dct contains, as a CycloneDX 1.5 document: `npm run --silent sbom > dct.cdx.json`.
// Made from the lock file alone. `npm sbom` would tell of the machine it runs on: only the platform's own optional packages,
// the time, a serial number by chance, npm's version and the name of the folder.
import { createHash } from 'node:crypto';
import { directNeeds, installedPackages, manifest } from './lock-file.js';

const packages = installedPackages();
const references = new Map(packages.map(({ place, name, version }) => [place, `${name}@${version}`]));
const referencesOf = (places) => [...new Set(places.map((place) => references.get(place)))].sort();

/** Package URL: https://github.com/package-url/purl-spec, type npm. */
const purl = (name, version) => `pkg:npm/${name.replace('@', '%40')}@${version}`;
const licenses = (id) => [{ license: { id } }];

/** The lock file writes hashes as Subresource Integrity does: algorithm, dash, base64. */
function hashes(integrity) {
  const [algorithm, base64] = integrity.split('-', 2);
  const alg = { sha512: 'SHA-512', sha384: 'SHA-384', sha256: 'SHA-256' }[algorithm];
  return [{ alg, content: Buffer.from(base64, 'base64').toString('hex') }];
}

const self = `${manifest.name}@${manifest.version}`;
const document = {
  version: 1,
  metadata: {
    lifecycles: [{ phase: 'build' }],
    component: {
      type: 'application',
      'bom-ref': self,
      name: manifest.name,
      version: manifest.version,
      description: manifest.description,
      licenses: licenses(manifest.license),
      purl: purl(manifest.name, manifest.version),
    },
  },
  components: packages.map(({ name, version, license, integrity, optional }) => ({
    type: 'library',
    'bom-ref': `${name}@${version}`,
    name,
    version,
    scope: optional ? 'optional' : 'required',
    hashes: hashes(integrity),
    licenses: licenses(license),
    purl: purl(name, version),
  })),
  dependencies: [
    { ref: self, dependsOn: referencesOf(directNeeds()) },
    ...packages.map(({ place, needs }) => ({ ref: references.get(place), dependsOn: referencesOf(needs) })),
  ],
};

/** A serial number that stands for this content, in the form for UUIDs of one's own making (RFC 9562 5.8). */
function serialNumber(content) {
  const hex = createHash('sha256').update(content).digest('hex');
  const variant = ((parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`];
  return `urn:uuid:${[...parts, variant + hex.slice(18, 20), hex.slice(20, 32)].join('-')}`;
}

const whole = {
  $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  serialNumber: serialNumber(JSON.stringify(document)),
  ...document,
};
process.stdout.write(`${JSON.stringify(whole, null, 2)}\n`);
