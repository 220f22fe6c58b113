// Author door: changes trust data and publishes it. The proxy never comes through here.
export type { ChangePlan, PreparedChange } from './change-plan.ts';
export type { DeclaredRole, Difference } from './difference.ts';
export type { SignRequest } from './draft-signing.ts';
export { prepareChange, type Change, type ChangeRequest } from './prepare-change.ts';
export { prepareSign } from './prepare-sign.ts';
export type { Author } from './publication.ts';
export { readPublicKeyFile } from './public-key-file.ts';
export type { PlannedDocument, PreparedSign, SigningKeys, SignPlan, TargetToSign } from './types.ts';
