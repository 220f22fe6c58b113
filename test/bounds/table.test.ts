// Every bound of the table is used in the source and reached by a test: which one stands here.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { limits, type LimitName } from '../../src/base/limits.ts';
import { projectRoot, sourceFiles } from '../architecture/sources.ts';

type Place = readonly [file: string, words: string];

/**
 * The test that reaches a bound, by its file and words of it. Where a test would have to wait for minutes, or send
 * gigabytes, it reaches a smaller value in the place of the bound.
 */
const reached: Record<LimitName, Place> = {
  timestampBytes: ['tuf-client/notary/download.test.ts', 'a body without an end is left at the bound'],
  rootBytes: ['tuf-client/mix-and-match.test.ts', 'rootBytes'],
  snapshotBytes: ['tuf-client/notary/download.test.ts', 'snapshotBytes'],
  targetsBytes: ['tuf-client/notary/download.test.ts', 'targetsBytes'],
  updateBytes: ['tuf-client/budget.test.ts', 'DG-12'],
  serverKeyBytes: ['tuf-client/notary/publish.test.ts', 'serverKeyBytes'],
  errorBodyBytes: ['registry/manifest.test.ts', 'errorBodyBytes'],
  jsonDepth: ['base/json.test.ts', 'JS-04 65 levels'],
  jsonValues: ['bounds/what-is-read.test.ts', 'limits.jsonValues + 1'],
  delegations: ['tuf-client/model/read.test.ts', 'too many delegations'],
  delegationDepth: ['bounds/what-is-read.test.ts', 'limits.delegationDepth + 1'],
  keys: ['tuf-client/model/read.test.ts', 'too many keys'],
  signatures: ['tuf-client/model/read.test.ts', 'too many signatures'],
  certificatesPerKey: ['tuf-client/pin-authorities.test.ts', 'certificatesPerKey'],
  rsaModulusBits: ['bounds/what-is-read.test.ts', 'limits.rsaModulusBits + 8'],
  chainSignatureChecks: ['tuf-client/pin-authorities.test.ts', 'too many ways'],
  rootSteps: ['tuf-client/root-of-trust.test.ts', 'RT-21'],
  manifestBytes: ['registry/manifest.test.ts', 'manifestBytes'],
  blobBytes: ['registry/blob.test.ts', 'blobBytes'],
  tagPageBytes: ['registry/tags.test.ts', 'tagPageBytes'],
  tagPages: ['registry/tags.test.ts', 'tagPages'],
  tags: ['bounds/attempts.test.ts', 'limits.tags'],
  referrersBytes: ['registry/referrers.test.ts', 'all pages together are no larger than one may be'],
  referrerPages: ['registry/referrers.test.ts', 'referrerPages'],
  referrers: ['registry/referrers.test.ts', 'limits.referrers: so many, and not one more'],
  redirects: ['http/redirect.test.ts', 'five times, not six'],
  origins: ['http/transport.test.ts', 'limits.origins'],
  requestAttempts: ['http/retry.test.ts', 'requestAttempts'],
  firstPauseMs: ['http/retry.test.ts', 'firstPauseMs'],
  longestPauseMs: ['http/retry.test.ts', 'longestPauseMs'],
  blobResumes: ['registry/continued-blob.test.ts', 'limits.blobResumes'],
  blobResumeBytes: ['bounds/what-is-read.test.ts', 'limits.blobResumeBytes'],
  blobPaceBytes: ['registry/pace.test.ts', 'blobPaceBytes'],
  blobPaceMs: ['registry/pace.test.ts', 'blobPaceMs'],
  tokenBodyBytes: ['http/authenticate.test.ts', 'a token of 1 MB'],
  tokens: ['http/tokens.test.ts', 'limits.tokens'],
  admissions: ['bounds/what-is-remembered.test.ts', 'limits.admissions'],
  admissionMs: ['bounds/what-is-remembered.test.ts', 'limits.admissionMs'],
  challengeHeaderBytes: ['http/challenge.test.ts', '16 KiB and more'],
  credentialHelperBytes: ['http/docker-config.test.ts', "helper('endless'"],
  credentialHelperMs: ['http/docker-config.test.ts', "helper('hangs'"],
  dockerConfigBytes: ['bounds/what-is-read.test.ts', 'limits.dockerConfigBytes + 1'],
  headerBytes: ['http/transport.test.ts', 'ED-06 header of 1 MiB'],
  connectMs: ['http/transport.test.ts', 'ED-07 TCP is accepted, TLS never answered'],
  headMs: ['http/transport.test.ts', 'ED-07 no answer after the request'],
  metadataBodyMs: ['http/body.test.ts', 'ED-05 dripping does not extend the deadline'],
  blobIdleMs: ['http/transport.test.ts', 'BL-07 a body that stalls'],
  requestHeadBytes: ['proxy/server.test.ts', 'requestHeadBytes'],
  requestTargetBytes: ['sandbox/registry/targets.test.ts', 'requestTargetBytes'],
  requestHeadMs: ['proxy/serve/slow-clients.test.ts', 'ends with 408 while its head is missing'],
  requestMs: ['proxy/serve/slow-clients.test.ts', 'when only its body is missing'],
  clientIdleMs: ['bounds/idle-clients.test.ts', 'clientIdleMs'],
  tunnelOpeningMs: ['bounds/idle-clients.test.ts', 'tunnelOpeningMs'],
  keepAliveMs: ['bounds/idle-clients.test.ts', 'keepAliveMs'],
  clientConnections: ['proxy/server.test.ts', 'PX-07: beyond the bound are not accepted'],
  clientConnectionsEach: ['proxy/serve/admission.test.ts', 'connectionsEach: 1'],
  descriptorsPerConnection: ['proxy/serve/descriptors.test.ts', 'with so many file descriptors'],
  clientRequests: ['proxy/serve/admission.test.ts', 'PROXY_BUSY'],
  clientRequestsEach: ['proxy/serve/admission.test.ts', 'requestsEach: 1'],
  clientPaceBytes: ['proxy/serve/slow-clients.test.ts', 'paceBytes: 1000'],
  clientGraceMs: ['proxy/serve/slow-clients.test.ts', 'graceMs: 500'],
  clientHandshakeMs: ['bounds/idle-clients.test.ts', 'clientHandshakeMs'],
  adminConnections: ['bounds/idle-clients.test.ts', 'adminConnections'],
  decisionBacklogBytes: ['bounds/decision-backlog.test.ts', 'decisionBacklogBytes'],
  filesCheckMs: ['proxy/serve/users.test.ts', 'is replaced while it runs'],
  passwordWork: ['proxy/serve/users.test.ts', 'more work than allowed'],
  passwordChecks: ['proxy/serve/users.test.ts', 'checks only so many passwords of one client at once'],
  passwordChecksEach: ['proxy/serve/users.test.ts', 'checks only so many passwords of one client at once'],
  passwordsRemembered: ['bounds/passwords.test.ts', 'limits.passwordsRemembered'],
  pipelinedRequests: ['proxy/server.test.ts', 'pipelinedRequests'],
  tagsPerPage: ['proxy/route.test.ts', 'tagsPerPage'],
  refusedRepositories: ['proxy/policy/trust-view.test.ts', 'refusedRepositories'],
  trustedMetadataBytes: ['proxy/policy/trust-view.test.ts', 'trustedMetadataBytes'],
  repositoriesOfBlob: ['bounds/what-is-remembered.test.ts', 'limits.repositoriesOfBlob'],
  rememberedLinks: ['bounds/remembered-links.test.ts', 'limits.rememberedLinks'],
  manifestMemoryBytes: ['bounds/what-is-remembered.test.ts', 'limits.manifestMemoryBytes'],
  flightPatienceMs: ['proxy/content/flight.test.ts', 'patienceMs: 0'],
  policyBytes: ['proxy/policy/read-policy.test.ts', 'policyBytes'],
  policyRules: ['proxy/policy/read-policy.test.ts', 'policyRules'],
  reachableReferences: ['proxy/policy/strict.test.ts', 'reachableReferences'],
  reachableReadsAtOnce: ['bounds/attempts.test.ts', 'limits.reachableReadsAtOnce'],
  sandboxUploads: ['sandbox/registry/many-uploads.test.ts', 'sandboxUploads'],
  sandboxOrderBytes: ['sandbox/orders.test.ts', 'sandboxOrderBytes'],
  sandboxMemoryBytes: ['sandbox/storage/blobs.test.ts', 'SANDBOX_FULL'],
  publicationBytes: ['sandbox/notary/malformed-uploads.test.ts', 'publicationBytes'],
  publicationParts: ['bounds/what-is-read.test.ts', 'limits.publicationParts + 1'],
  gunCharacters: ['sandbox/notary/answers.test.ts', "'x'.repeat(256)"],
  refusalBytes: ['sandbox/notary/malformed-uploads.test.ts', 'refusalBytes'],
  keyFileBytes: ['keystore/damaged-files.test.ts', 'keyFileBytes'],
  keyBundleBytes: ['bounds/what-is-read.test.ts', 'limits.keyBundleBytes + 1'],
  passphraseBytes: ['bounds/what-is-read.test.ts', 'limits.passphraseBytes + 1'],
  pbkdf2Iterations: ['keystore/hostile-parameters.test.ts', 'pbkdf2Iterations'],
  pbkdf2SaltBytes: ['keystore/hostile-parameters.test.ts', 'pbkdf2SaltBytes'],
  stateFileBytes: ['disk/files.test.ts', 'stateFileBytes'],
  lockWaitMs: ['disk/lock.test.ts', 'is LOCKED after the wait'],
  bundleBytes: ['tuf-client/author/hostile-bundles.test.ts', 'bundleBytes'],
  updateAttempts: ['bounds/attempts.test.ts', 'limits.updateAttempts'],
  repositoriesAtOnce: ['bounds/attempts.test.ts', 'limits.repositoriesAtOnce'],
  publishAttempts: ['tuf-client/author/sign.test.ts', 'limits.publishAttempts'],
  publishWaitMs: ['disk/lock.test.ts', 'is LOCKED after the wait'],
};

const names = Object.keys(limits) as LimitName[];
const sources = sourceFiles()
  .filter(({ path }) => path !== 'src/base/limits.ts')
  .map(({ text }) => text)
  .join('\n');

describe.each(names)('%s', (name) => {
  it('is used', () => {
    const used = new RegExp(String.raw`\blimits\.${name}\b|\{[^}]*\b${name}\b[^}]*\} = limits\b`, 'u');
    expect(used.test(sources)).toBe(true);
  });

  it('is reached', () => {
    const [file, words] = reached[name];
    const path = join(projectRoot, 'test', file);
    expect(existsSync(path), file).toBe(true);
    expect(readFileSync(path, 'utf8')).toContain(words);
  });
});
