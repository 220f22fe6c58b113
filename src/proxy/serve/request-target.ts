// The request target as one value: decoded exactly once, and refused where two readers could read it differently (PX-03).
import { DctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { isRegistryHost } from '../../base/reference.ts';

export interface RequestTarget {
  /** `HOST[:PORT]` of an absolute-form target, literally; undefined in origin-form. */
  readonly authority: string | undefined;
  /** Decoded path segments; a trailing slash leaves an empty last one. */
  readonly segments: readonly string[];
  /** Decoded parameters, every value of a name in order. */
  readonly query: ReadonlyMap<string, readonly string[]>;
}

/** What names, tags and digests are made of; nothing else has business in a path of the distribution API. */
const plainPath = /^(?:[A-Za-z0-9._:/-]|%[0-9A-Fa-f]{2})*$/;
const plainQuery = /^[A-Za-z0-9._~:/?@!$&'()*+,;=%[\]-]*$/;
/** Escapes that may be decoded: never a slash, a backslash, a dot, a percent sign, a control or a non-ASCII character. */
const harmless = /^[A-Za-z0-9_:-]$/;

/** One spelling of the scheme and no user name: what clients of a proxy send, and nothing that has a second reading. */
const absoluteForm = /^http:\/\/([^/?#]*)(\/.*)$/s;

/**
 * Parses a request target in origin-form (RFC 9112 3.2.1) or, from clients that use this as their HTTP proxy, in
 * absolute-form (RFC 9112 3.2.2). Whether its authority is served here is for the caller to decide (ADR 0015).
 * @throws REQUEST_TARGET_INVALID
 */
export function parseRequestTarget(target: string): RequestTarget {
  if (target.length > limits.requestTargetBytes)
    throw refused(`it is longer than ${limits.requestTargetBytes} bytes`);
  const { authority, origin } = splitForm(target);
  const mark = origin.indexOf('?');
  const path = mark === -1 ? origin : origin.slice(0, mark);
  const query = mark === -1 ? '' : origin.slice(mark + 1);
  return { authority, segments: parsePath(path), query: parseQuery(query) };
}

function splitForm(target: string): { authority: string | undefined; origin: string } {
  if (target.startsWith('/')) return { authority: undefined, origin: target };
  const [, authority = '', origin = ''] = absoluteForm.exec(target) ?? [];
  if (origin === '') throw refused('it begins neither with a slash nor with http://HOST/');
  // A user name or a password is not repeated in the error.
  if (!isRegistryHost(authority)) throw refused('what follows http:// is not the host of a registry');
  return { authority, origin };
}

function parsePath(path: string): readonly string[] {
  if (!plainPath.test(path)) throw refused('the path has characters that no name, tag or digest has');
  const decoded = path.replace(/%../g, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    if (!harmless.test(character)) throw refused(`the path has the escape ${escape}`);
    return character;
  });
  const segments = decoded.slice(1).split('/');
  if (segments.slice(0, -1).includes('')) throw refused('the path has an empty segment');
  if (segments.includes('.') || segments.includes('..')) throw refused('the path has a dot segment');
  return segments;
}

function parseQuery(query: string): ReadonlyMap<string, readonly string[]> {
  if (!plainQuery.test(query)) throw refused('the query has characters that must be escaped');
  const values = new Map<string, string[]>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decodeOnce(equals === -1 ? pair : pair.slice(0, equals));
    const value = equals === -1 ? '' : decodeOnce(pair.slice(equals + 1));
    const known = values.get(name);
    if (known === undefined) values.set(name, [value]);
    else known.push(value);
  }
  return values;
}

function decodeOnce(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw refused('the query has a malformed escape', cause);
  }
}

function refused(problem: string, cause?: unknown): DctError {
  return new DctError('REQUEST_TARGET_INVALID', { problem }, cause);
}

/** True for a target that only clients of an HTTP proxy send, whether or not it can be served (RFC 9112 3.2.2). */
export function isAbsoluteForm(target: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(target);
}
