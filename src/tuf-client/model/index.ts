// Door of the metadata model: immutable records, read from and written to Notary's wire form.
export { fileMetaToJson, type Common, type FileMeta } from './common.ts';
export { readEnvelope, type Envelope, type Signature } from './envelope.ts';
export { serialise, signedMessage } from './go-form.ts';
export { readPublicKey, type KeyTable } from './key-table.ts';
export { asKeyId, isCertificateKey, keyObject, keyTypes } from './keys.ts';
export type { KeyId, KeyType, PublicKey } from './keys.ts';
export { fileName, type MetadataFile } from './metadata-file.ts';
export { malformed, parseDocument } from './read.ts';
export { asRoleName, baseRoles, isDelegation, parentOf, roleNames, signerRole } from './roles.ts';
export type { BaseRole, Role, RoleName } from './roles.ts';
export { readRoot, rootToJson, type Root } from './root.ts';
export { readSnapshot, snapshotToJson, type Snapshot } from './snapshot.ts';
export { readTargets, targetsToJson, type Delegation, type Targets } from './targets.ts';
export { readTimestamp, timestampToJson, type Timestamp } from './timestamp.ts';
