// Door of the verification floor: one pure update, and the questions asked of its outcome.
export { acceptRoot } from './accept-root.ts';
export {
  authorityOf,
  checkContent,
  checkKeyIds,
  checkThreshold,
  sha256Hex,
  type Authority,
} from './checks.ts';
export { findReleased, listReleased, pathsAllow } from './find-target.ts';
export { mergeMemories, type Memory, type Remembered } from './memory.ts';
export { certificatesIn, readAuthorities, type PinnedAuthority } from './pin-certificate.ts';
export { outdatedIn } from './pin-match.ts';
export { pinFor, type Pin } from './pinning.ts';
export { readForRepair } from './repair.ts';
export {
  declaredDelegations,
  listSignedBy,
  signedEntries,
  targetsDocuments,
  type SignedEntry,
} from './signed-by.ts';
export { update, type UpdateInput, type UpdateOutcome } from './update.ts';
