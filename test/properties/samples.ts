// One good sample of everything that is read, so that damage begins where reading gets far.
import { makeGun } from '../../src/base/reference.ts';
import { makeHistory, rootKey } from '../oracle/history.ts';
import { hashPassword } from '../../src/proxy/serve/password-hash.ts';

export const gun = makeGun('registry.test:5000', 'team/app');
const { newest } = makeHistory(Date.UTC(2030, 0, 1));
const fileOf = (role: string): string => Buffer.from(newest.current.get(role) ?? []).toString('latin1');

export const documents = {
  root: fileOf('root'),
  timestamp: fileOf('timestamp'),
  snapshot: fileOf('snapshot'),
  targets: fileOf('targets'),
};
export const certificate = Buffer.from(rootKey(1).key.value).toString('latin1');

export const bundleSample = JSON.stringify({
  format: 'dct-bundle-1',
  gun,
  documents: [
    {
      role: 'targets',
      base: { version: 0, sha256: null },
      metadata: JSON.parse(documents.targets) as unknown,
    },
  ],
});

const hash = 'a'.repeat(64);
export const ledgerSample = JSON.stringify({
  trusted: { at: 1, how: 'first-use', rootKeys: [hash] },
  root: { version: 1, sha256: hash },
  roles: {},
});

const descriptor = {
  mediaType: 'application/vnd.oci.image.config.v1+json',
  size: 2,
  digest: `sha256:${hash}`,
};
export const manifestSample = JSON.stringify({
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config: descriptor,
  layers: [{ ...descriptor, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' }],
});

export const referrersSample = JSON.stringify({
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  manifests: [{ ...descriptor, artifactType: 'application/vnd.example', annotations: { a: 'b' } }],
});

export const policySample = JSON.stringify({
  rules: [
    { match: 'registry.test/team/*', require: 'signed-by', signers: ['alice'], threshold: 1 },
    { match: '**', require: 'signed' },
  ],
});

export const configSample = JSON.stringify({ firstUse: 'refuse', registries: {}, pins: {}, proxy: {} });

export const usersSample = `alice:${await hashPassword('secret')}\n`;

const boundary = 'dct-0123456789abcdef0123456789abcdef';
export const upload = {
  type: `multipart/form-data; boundary=${boundary}`,
  words: [
    `--${boundary}`,
    '\r\n',
    '--',
    'Content-Disposition: form-data; name="files"; filename="root"',
    '{}',
  ],
  body: `--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="targets"\r\n\r\n${documents.targets}\r\n--${boundary}--\r\n`,
};
