// Pins as they stand in the configuration: which patterns there may be, and the three things that may be pinned.
import { isDctError } from '../base/errors.ts';
import { isJsonObject, type JsonValue } from '../base/json.ts';
import type { KeyId } from '../tuf-client/index.ts';
import type { Checker } from './config-checker.ts';
import { fullPattern } from './pin-pattern.ts';

const keyIdForm = /^[0-9a-f]{64}$/;

/** What one pattern may be vouched for by. */
export type PinEntry =
  /** The TUF id of a root certificate, or the canonical id of a root key. */
  | { readonly kind: 'id'; readonly id: KeyId }
  /** A public key: PEM, in this file or in the configuration itself. */
  | { readonly kind: 'key'; readonly file: string }
  | { readonly kind: 'key'; readonly pem: string }
  /** Authorities, in this PEM file. */
  | { readonly kind: 'ca'; readonly file: string };

/** Pattern to what is pinned there, in the order of the file. */
export type PinEntries = ReadonlyMap<string, readonly PinEntry[]>;

/** @throws CONFIG_INVALID */
export function readPins(check: Checker, value: JsonValue | undefined): PinEntries {
  const pins = check.entries(value, '$.pins').map(([pattern, list]) => {
    const path = `$.pins.${pattern}`;
    checkPattern(check, pattern, path);
    const entries = check.list(list, path, 'root key ids');
    return [pattern, entries.map((entry, index) => readEntry(check, entry, `${path}[${index}]`))] as const;
  });
  return new Map(pins);
}

/** @throws CONFIG_INVALID for a pattern that could never be a GUN's, and so would silently pin nothing */
function checkPattern(check: Checker, pattern: string, path: string): void {
  checkWildcard(check, pattern, path);
  try {
    const full = fullPattern(pattern);
    if (full !== pattern) throw check.fail(path, `written in full, the repository is "${full}"`);
  } catch (error) {
    if (isDctError(error, 'CONFIG_INVALID')) throw error;
    throw check.fail(path, 'a repository is expected, HOST[:PORT]/NAME, or a part of one that ends in /*');
  }
}

/**
 * A pin that could end within a name would also vouch for its neighbours (`host/team*` for `host/team-evil`, RT-14).
 * @throws CONFIG_INVALID
 */
export function checkWildcard(check: Checker, pattern: string, path: string): void {
  if (pattern.replace(/\/\*$/, '').includes('*')) throw check.fail(path, 'a pattern may only end in /*');
}

function readEntry(check: Checker, value: JsonValue, path: string): PinEntry {
  if (isJsonObject(value)) {
    const entry = check.object(value, path, ['key', 'ca']);
    const key = check.text(entry['key'], `${path}.key`);
    const ca = check.file(entry['ca'], `${path}.ca`);
    if (ca !== undefined && key === undefined) return { kind: 'ca', file: ca };
    if (key === undefined || ca !== undefined) throw check.fail(path, 'either key or ca is expected');
    return key.startsWith('-----BEGIN ')
      ? { kind: 'key', pem: key }
      : { kind: 'key', file: check.file(key, path) ?? key };
  }
  if (typeof value === 'string' && keyIdForm.test(value)) return { kind: 'id', id: value as KeyId };
  throw check.fail(
    path,
    '64 lower-case hexadecimal digits are expected, or an object with a key or a ca file',
  );
}
