// Door of X.509: certificates as bytes and text, and an authority that issues them.
export {
  issueFor,
  makeAuthority,
  type Authority,
  type AuthorityOptions,
  type Credential,
} from './authority.ts';
export { generalNameOf } from './host-name.ts';
export type { CertificateRequest, Extension, GeneralName } from './certificate-request.ts';
export { certificatePem, writeCertificate } from './write-certificate.ts';
