// Author door: changes trust data and publishes it. The proxy never comes through here.
export type { SignRequest } from './draft.ts';
export { prepareSign, type Author } from './prepare-sign.ts';
export type { PreparedSign, SigningKeys, SignPlan, TargetToSign } from './types.ts';
