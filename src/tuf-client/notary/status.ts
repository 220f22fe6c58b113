// What an answer of the trust server means, apart from its content (dialect 7.4, ADR 0003).
import { decodeUtf8 } from '../../base/bytes.ts';
import { DctError } from '../../base/errors.ts';
import { isJsonObject, JsonProblem, member, parseJson, type JsonValue } from '../../base/json.ts';
import type { HttpResponse } from '../../base/ports.ts';

/**
 * The error for every answer but 200 and 404. A redirect or a login page is an answer, and a wrong one; only the server's own
 * troubles count as no answer. `user` is who asked, for messages.
 */
export function unexpectedStatus(url: URL, response: HttpResponse, user: string): DctError {
  const { status } = response;
  const at = `${url.origin}${url.pathname}`;
  if (status === 401 || status === 403) return new DctError('ACCESS_DENIED', { url: at, status, user });
  if (status >= 500 || status === 429) return new DctError('SERVER_ERROR', { url: at, status });
  if (status >= 300 && status < 400)
    return new DctError('NOT_METADATA', { url: at, problem: `it redirects elsewhere (HTTP ${status})` });
  return new DctError('NOT_METADATA', { url: at, problem: `HTTP ${status}` });
}

/** @throws NOT_METADATA for a page that was meant for people (ED-09) */
export function refusePages(url: URL, response: HttpResponse, bytes: Uint8Array): void {
  const isHtml = /^text\/html\b/i.test(response.headers['content-type'] ?? '');
  if (!isHtml && decodeUtf8(bytes.subarray(0, 64))?.trimStart().startsWith('<') !== true) return;
  throw new DctError('NOT_METADATA', { url: `${url.origin}${url.pathname}`, problem: 'it is an HTML page' });
}

export interface ServerProblem {
  /** The first error's code, such as `VERSION`; empty when the body is not an error envelope. */
  readonly code: string;
  /** What it says, on one line, shortened. */
  readonly text: string;
  /** The role that a publication lacks (`ErrBadHierarchy`). */
  readonly missing?: string;
}

const shownCharacters = 300;

/** Reads the error envelope of a refused publication; never fails, since it only makes an error clearer. */
export function readProblem(body: Uint8Array): ServerProblem {
  const first = firstError(body);
  if (!isJsonObject(first)) return { code: '', text: 'the server gave no reason' };
  const code = textOf(member(first, 'code'));
  const detail = member(first, 'detail');
  const inner = isJsonObject(detail) ? member(detail, 'Error') : undefined;
  const missing = isJsonObject(inner) ? textOf(member(inner, 'Missing')) : '';
  const reason = isJsonObject(inner) ? textOf(member(inner, 'Msg')) : '';
  const text = [code, textOf(member(first, 'message')), reason].filter((part) => part !== '').join(': ');
  return { code, text: text.slice(0, shownCharacters), ...(missing !== '' && { missing }) };
}

function firstError(body: Uint8Array): JsonValue | undefined {
  try {
    const document = parseJson(body, { numbers: 'any' });
    const errors = isJsonObject(document) ? member(document, 'errors') : undefined;
    return Array.isArray(errors) ? (errors as readonly JsonValue[])[0] : undefined;
  } catch (error) {
    if (error instanceof JsonProblem) return undefined;
    throw error;
  }
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
