// Door of the verification floor: one pure update, and the questions asked of its outcome.
export { acceptRoot } from './accept-root.ts';
export { sha256Hex } from './checks.ts';
export { pathsAllow } from './find-target.ts';
export { findReleased, listReleased } from './find-target.ts';
export { mergeMemories, type Memory, type Remembered } from './memory.ts';
export { pinFor, type Pin } from './pinning.ts';
export { update, type UpdateInput, type UpdateOutcome } from './update.ts';
