// Verify door: trust data of a repository, verified; and which content a tag stands for.
export { createTrustClient, type TrustClientOptions } from './client.ts';
export { canonicalKeyId, keyId, readRootCertificate, type RootCertificate } from './crypto/index.ts';
export { asKeyId, asRoleName, isCertificateKey, parentOf, roleNames, signerRole } from './model/index.ts';
export type {
  Delegation,
  FileMeta,
  KeyId,
  PublicKey,
  RoleName,
  Root,
  Snapshot,
  Targets,
  Timestamp,
} from './model/index.ts';
export {
  createNotaryStore,
  parseServerUrl,
  type NotaryStore,
  type NotaryStoreOptions,
} from './notary/index.ts';
export { forgetTrust, knownTrust, type KnownTrust } from './forget.ts';
export { contradictedRoots, countingRootKeys } from './pin-check.ts';
export {
  certificatesIn,
  declaredDelegations,
  findReleased,
  listReleased,
  listSignedBy,
  pinFor,
  readAuthorities,
  signedEntries,
  targetsDocuments,
  type Pin,
  type PinnedAuthority,
  type SignedEntry,
} from './trust/index.ts';
export type {
  AuthoringTrustClient,
  FirstTrust,
  ReleasedTarget,
  SignedTarget,
  TrustClient,
  Trusted,
  TrustedRepository,
} from './types.ts';
