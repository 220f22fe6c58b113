// What went wrong below HTTP, told in the words of the transport family with the system's own cause.
import { DctError, isDctError } from '../base/errors.ts';

/** How far the exchange had come when it failed. */
export type Phase = 'connect' | 'head' | 'body';

const tlsProblems: Record<string, string> = {
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an authority that is not trusted here',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed and not trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate comes from an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from an authority that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an authority that is not trusted here',
  CERT_UNTRUSTED: 'its certificate comes from an authority that is not trusted here',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  CERT_SIGNATURE_FAILURE: 'the signature of its certificate is wrong',
  CERT_REVOKED: 'its certificate is revoked',
  INVALID_PURPOSE: 'its certificate is not one for servers',
  HOSTNAME_MISMATCH: 'its certificate was issued for another name',
};

/** Alerts of a server that wanted another client certificate, or any (RFC 8446 6.2). */
const clientCertificateProblems: Record<string, string> = {
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'it wants a client certificate',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'it does not know the authority of our client certificate',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'it does not accept our client certificate, or wants one',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'our client certificate has expired',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: 'our client certificate is revoked',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: 'it does not accept our client certificate',
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: 'it does not accept client certificates of our kind',
};

const systemProblems: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name cannot be resolved at the moment',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to its network',
  ETIMEDOUT: 'connecting took too long',
};

/** Codes of undici for bytes that its HTTP parser did not accept. */
const parserProblems: Record<string, string> = {
  UND_ERR_HEADERS_OVERFLOW: 'its header is too large',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the body is not as long as Content-Length says',
};

/** Turns whatever undici or the system threw into an error of the transport family; its own errors pass unchanged. */
export function transportFailure(error: unknown, origin: string, phase: Phase): DctError {
  const cause = firstCause(error);
  if (isDctError(cause)) return cause;
  const code = codeOf(cause);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return new DctError('TLS', { origin, problem: 'its certificate was issued for another name' }, cause);
  }
  const tls = tlsProblems[code];
  if (tls !== undefined) return new DctError('TLS', { origin, problem: `${tls} (${code})` }, cause);
  const certificate = clientCertificateProblems[code];
  if (certificate !== undefined) {
    return new DctError('CLIENT_CERTIFICATE', { origin, problem: `${certificate} (${code})` }, cause);
  }
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code === 'EPROTO') {
    return new DctError('TLS', { origin, problem: `the TLS handshake failed (${code})` }, cause);
  }
  const parser = parserProblems[code];
  if (parser !== undefined) {
    return new DctError(phase === 'body' ? 'CUT_OFF' : 'HTTP_INVALID', { origin, problem: parser }, cause);
  }
  if (code.startsWith('HPE_') || (cause instanceof Error && cause.name === 'HTTPParserError')) {
    const problem = `${messageOf(cause)} (${code})`;
    return new DctError(phase === 'body' ? 'CUT_OFF' : 'HTTP_INVALID', { origin, problem }, cause);
  }
  const problem = systemProblems[code] ?? messageOf(cause);
  return new DctError(phase === 'connect' ? 'UNREACHABLE' : 'CUT_OFF', { origin, problem }, cause);
}

/** Node reports several addresses tried as one AggregateError, undici wraps proxy failures, and ends of connections have a cause. */
function firstCause(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return firstCause(error.errors[0]);
  if (error instanceof Error && error.name === 'SecureProxyConnectionError') return firstCause(error.cause);
  if (error instanceof Error && codeOf(error) === 'UND_ERR_SOCKET' && error.cause !== undefined)
    return firstCause(error.cause);
  return error;
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
