// Errors as the distribution API reports them: a status, and `{"errors":[{code,message,detail}]}` (PX-16).
import { utf8 } from '../base/bytes.ts';
import { isDctError, printable, type Code, type DctError, type Family } from '../base/errors.ts';
import { parseUrl } from '../base/url.ts';

interface Reply {
  readonly status: number;
  /** An error code of OCI distribution 1.1, or one that distribution itself adds to them. */
  readonly code: string;
}

/** A refusal for reasons of trust is always 403: clients neither repeat it nor take it for "ask somebody else". */
const byFamily: Record<Family, Reply> = {
  usage: { status: 400, code: 'UNSUPPORTED' },
  trust: { status: 403, code: 'DENIED' },
  transport: { status: 503, code: 'UNAVAILABLE' },
  registry: { status: 502, code: 'UNKNOWN' },
  key: { status: 500, code: 'UNKNOWN' },
  disk: { status: 500, code: 'UNKNOWN' },
  conflict: { status: 500, code: 'UNKNOWN' },
  declined: { status: 500, code: 'UNKNOWN' },
  interrupted: { status: 503, code: 'UNAVAILABLE' },
  bug: { status: 500, code: 'UNKNOWN' },
};

const byCode: Partial<Record<Code, Reply>> = {
  METHOD_REFUSED: { status: 405, code: 'UNSUPPORTED' },
  ROUTE_UNKNOWN: { status: 404, code: 'UNSUPPORTED' },
  REQUEST_TARGET_INVALID: { status: 400, code: 'NAME_INVALID' },
  REQUEST_MALFORMED: { status: 400, code: 'UNSUPPORTED' },
  CLIENT_UNKNOWN: { status: 401, code: 'UNAUTHORIZED' },
  CLIENT_BUSY: { status: 429, code: 'TOOMANYREQUESTS' },
  GUN_INVALID: { status: 400, code: 'NAME_INVALID' },
  TAG_INVALID: { status: 400, code: 'TAG_INVALID' },
  DIGEST_INVALID: { status: 400, code: 'DIGEST_INVALID' },
  PAGE_INVALID: { status: 400, code: 'PAGINATION_NUMBER_INVALID' },
  NAMESPACE_UNKNOWN: { status: 403, code: 'DENIED' },
  TUNNEL_REFUSED: { status: 403, code: 'DENIED' },
  REFERRERS_BLOCKED: { status: 403, code: 'DENIED' },
  // RFC 9110 15.5.22: refused in this version of the protocol only.
  HTTP_TOO_OLD: { status: 426, code: 'UNSUPPORTED' },
  // Files and programs of the operator's, not of whoever asks (PX-17).
  CONFIG_INVALID: { status: 500, code: 'UNKNOWN' },
  CREDENTIAL_HELPER: { status: 500, code: 'UNKNOWN' },
  SERVER_URL_INVALID: { status: 500, code: 'UNKNOWN' },
  MANIFEST_UNKNOWN: { status: 404, code: 'MANIFEST_UNKNOWN' },
  BLOB_UNKNOWN: { status: 404, code: 'BLOB_UNKNOWN' },
  NAME_UNKNOWN: { status: 404, code: 'NAME_UNKNOWN' },
  REGISTRY_DENIED: { status: 403, code: 'DENIED' },
  // Without its own trust data the proxy has no reason to trust anything (RT-27, NM-07); a cache like that is not used at all.
  CACHE_CORRUPT: { status: 403, code: 'DENIED' },
  DISK_UNSAFE: { status: 403, code: 'DENIED' },
};

/** Headers that belong to one refusal (RFC 9110 15.5.6 and 7.8). */
const extraHeaders: Partial<Record<Code, Readonly<Record<string, string>>>> = {
  METHOD_REFUSED: { Allow: 'GET, HEAD' },
  HTTP_TOO_OLD: { Upgrade: 'HTTP/1.1' },
  PROXY_BUSY: { 'Retry-After': '1' },
};

export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** The answer to a request that failed; `subject` is the signed tag that it asked for, if it got that far. */
export function errorAnswer(
  error: DctError,
  subject?: { readonly gun: string; readonly tag: string },
): ErrorAnswer {
  const { status, code } = replyTo(error);
  const detail = { reason: error.code, ...((status < 500 || status === 503) && { next: publicNext(error) }) };
  const body = { errors: [{ code, message: messageFor(error, subject), detail }] };
  return {
    status,
    headers: {
      'Content-Type': 'application/json',
      ...(status === 429 && { 'Retry-After': '1' }),
      ...extraHeaders[error.code],
      ...challengeOf(error),
    },
    body: utf8(`${JSON.stringify(body)}\n`),
  };
}

/** RFC 9110 11.6.1 and 11.7.1, RFC 7617 2.1. */
function challengeOf(error: DctError): Readonly<Record<string, string>> {
  if (!isDctError(error, 'CLIENT_UNKNOWN')) return {};
  const name = error.facts.by === 'proxy' ? 'Proxy-Authenticate' : 'WWW-Authenticate';
  return { [name]: 'Basic realm="dct proxy", charset="UTF-8"' };
}

function replyTo(error: DctError): Reply {
  // RFC 9110 15.5.8: asked by the proxy as such.
  if (isDctError(error, 'CLIENT_UNKNOWN') && error.facts.by === 'proxy')
    return { status: 407, code: 'UNAUTHORIZED' };
  // RFC 6585 4: who is told to slow down has to hear it, whoever said it first.
  if (isDctError(error, 'SERVER_ERROR') && error.facts.status === 429) return replyToRefusal(429);
  if (isDctError(error, 'REGISTRY_REFUSED')) return replyToRefusal(Number(error.facts.status));
  return byCode[error.code] ?? byFamily[error.family];
}

/** The class of the registry's status is kept, the status itself only where clients should slow down (MF-17). */
function replyToRefusal(status: number): Reply {
  if (status === 429) return { status: 429, code: 'TOOMANYREQUESTS' };
  return status >= 400 && status < 500 ? { status: 403, code: 'DENIED' } : byFamily.registry;
}

function messageFor(
  error: DctError,
  subject: { readonly gun: string; readonly tag: string } | undefined,
): string {
  const text = publicText(error);
  const name = subject && `${subject.gun}:${subject.tag}`;
  return name === undefined || text.includes(name) ? text : `${name} is refused: ${text}`;
}

/**
 * What a client may read. Local paths, the account that the proxy uses and whatever an upstream wrote stay in the log
 * (PX-17).
 */
function publicText(error: DctError): string {
  switch (error.code) {
    case 'REGISTRY_REFUSED':
    case 'REGISTRY_DENIED':
    case 'ACCESS_DENIED':
    case 'SERVER_ERROR':
      return printable(`${originOf(error.facts.url)} answered HTTP ${error.facts.status ?? 'nothing'}`);
    case 'CACHE_CORRUPT':
    case 'DISK_UNSAFE':
      return 'the trust data that the proxy keeps is damaged or was tampered with; its log tells more';
    default:
      return replyTo(error).status === 500
        ? 'the proxy cannot answer because of a problem of its own; its log tells more'
        : error.message;
  }
}

/** What a client can do; what only the operator can do is his to read in the log (PX-17). */
function publicNext(error: DctError): string {
  if (isDctError(error, 'CACHE_CORRUPT', 'DISK_UNSAFE'))
    return 'Tell the operator of the proxy; asking again does not help.';
  // The steps of the others are for whoever can change the address, the certificates and the account that the proxy uses.
  return replyTo(error).status === 503 && !isDctError(error, 'PROXY_BUSY', 'TRUST_NOT_CONFIRMED')
    ? 'Try again later; if it stays like that, tell the operator of the proxy.'
    : error.next;
}

function originOf(url: string | number | undefined): string {
  const text = String(url);
  return parseUrl(text)?.origin ?? 'the upstream server';
}
