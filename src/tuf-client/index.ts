// Verify door: trust data of a repository, verified; and which content a tag stands for.
export { createTrustClient, type TrustClientOptions } from './client.ts';
export { canonicalKeyId, keyId } from './crypto/index.ts';
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
export { findReleased, listReleased, pathsAllow, type Pin } from './trust/index.ts';
export type {
  AuthoringTrustClient,
  FirstTrust,
  ReleasedTarget,
  TrustClient,
  Trusted,
  TrustedRepository,
} from './types.ts';
