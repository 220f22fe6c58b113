// The names that the package's doors export are a promise: this list changes only on purpose.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from './sources.ts';

interface Manifest {
  readonly exports: Readonly<Record<string, { readonly types: string; readonly default: string }>>;
}

const manifest = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as Manifest;

/** Door → its values; types are erased and therefore not here. */
const doors: Readonly<Record<string, readonly string[]>> = {
  '.': [
    'asKeyId',
    'asRoleName',
    'canonicalKeyId',
    'certificatesIn',
    'contradictedRoots',
    'countingRootKeys',
    'createNotaryStore',
    'createTrustClient',
    'declaredDelegations',
    'findReleased',
    'forgetTrust',
    'isCertificateKey',
    'keyId',
    'knownTrust',
    'listReleased',
    'listSignedBy',
    'parentOf',
    'parseServerUrl',
    'pinFor',
    'readAuthorities',
    'readRootCertificate',
    'roleNames',
    'signedEntries',
    'signerRole',
    'targetsDocuments',
  ],
  './author': [
    'isNearEnd',
    'mergeBundles',
    'openBundle',
    'prepareBundle',
    'prepareChange',
    'prepareSign',
    'readBundle',
    'readCertificateFile',
    'readPublicKeyFile',
  ],
  './keystore': [
    'environmentPassphrases',
    'firstOf',
    'handedPassphrases',
    'keychainPassphrases',
    'openKeyKeeper',
    'openKeyStore',
    'passphraseVariable',
    'promptPassphrases',
  ],
  './registry': [
    'acceptManifests',
    'createRegistry',
    'dockerList',
    'dockerManifest',
    'ociArtifact',
    'ociIndex',
    'ociManifest',
    'readManifest',
  ],
  './proxy': [
    'MeterRegistry',
    'PolicyFile',
    'TlsIdentity',
    'Users',
    'createProxyHandler',
    'describeRule',
    'hashPassword',
    'isUserName',
    'openDecisionFile',
    'proxyDefaults',
    'readPolicy',
    'startProxy',
    'tunnelHosts',
  ],
  './sandbox': ['alterations', 'orderAttack', 'startSandbox'],
};

describe('the doors of the package', () => {
  it('are these', () => {
    expect(Object.keys(manifest.exports)).toEqual(Object.keys(doors));
  });

  it.each(Object.entries(doors))('%s exports these names', async (door, names) => {
    const source =
      manifest.exports[door]?.default.replace('./dist/', '../../src/').replace(/\.js$/, '.ts') ?? '';
    const exported = (await import(source)) as Record<string, unknown>;
    expect(Object.keys(exported).sort()).toEqual([...names].sort());
  });
});
