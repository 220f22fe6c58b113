// Door of the cryptography floor: key ids, signature checks, root certificates, and the Signer port.
export {
  isCurrent,
  nameCovers,
  readRootCertificate,
  signatureProblem,
  type RootCertificate,
} from './certificate.ts';
export { canonicalKeyId, keyId } from './key-id.ts';
export { certificateKeyType, keyIdentity, keyMaterial, type KeyMaterial } from './key-material.ts';
export type { Signer, SigningMethod } from './signer.ts';
export { verifySignature } from './verify.ts';
export { certificatePem, writeCertificate, type Extension } from '../../x509/index.ts';
