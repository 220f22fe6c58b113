// Author door: changes trust data and publishes it. The proxy never comes through here.
export { mergeBundles, readBundle, type Bundle } from './bundles/bundle.ts';
export { openBundle, type CosignedBundle, type OpenedBundle } from './bundles/open-bundle.ts';
export {
  prepareBundle,
  type BundleFile,
  type BundleRequest,
  type PreparedBundle,
} from './bundles/prepare-bundle.ts';
export type { RoleSignatures } from './bundles/signatures.ts';
export type { BundlePlan } from './bundles/weigh.ts';
export type { ChangePlan, PreparedChange } from './change-plan.ts';
export type { DeclaredRole, Difference } from './difference.ts';
export type { SignRequest } from './draft-signing.ts';
export type { Change } from './changes/change.ts';
export { isNearEnd } from './lifetimes.ts';
export { prepareChange, type ChangeRequest } from './prepare-change.ts';
export { prepareSign } from './prepare-sign.ts';
export type { Author } from './publication.ts';
export { readCertificateFile, readPublicKeyFile } from './public-key-file.ts';
export type { RootChoice } from './root-choice.ts';
export type { PlannedDocument, PreparedSign, SigningKeys, SignPlan, TargetToSign } from './types.ts';
