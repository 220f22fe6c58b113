// Notary's own pins: the `trust_pinning` of its configuration file, read as ADR 0017 says.
import { isJsonObject, member, type JsonValue } from '../base/json.ts';
import type { KeyId } from '../tuf-client/index.ts';
import { Checker } from './config-checker.ts';
import { checkWildcard, type PinEntry } from './config-pins.ts';

export interface NotaryPins {
  readonly certs: readonly NotaryPin[];
  /** Count only where `certs` says nothing. */
  readonly ca: readonly NotaryPin[];
  readonly disableTofu: boolean;
}

export interface NotaryPin {
  readonly pattern: string;
  readonly entries: readonly PinEntry[];
  /** Where it stands in the file, for errors. */
  readonly path: string;
}

const block = 'trust_pinning';

/** @throws CONFIG_INVALID for what would pin less here than it does for Notary */
export function parseNotaryPins(bytes: Uint8Array, file: string): NotaryPins {
  const check = new Checker(file);
  const document = check.document(bytes, 'any');
  if (!isJsonObject(document)) throw check.fail('$', 'an object is expected');
  const odd = Object.keys(document).find((name) => name !== block && name.toLowerCase() === block);
  // Notary does not look at the case of its settings.
  if (odd !== undefined) throw check.fail(`$.${odd}`, `it is written ${block}`);
  const value = member(document, block);
  if (value === undefined) return { certs: [], ca: [], disableTofu: false };
  const pinning = check.object(value, `$.${block}`, ['certs', 'ca', 'disable_tofu']);
  return {
    certs: check.entries(pinning['certs'], `$.${block}.certs`).flatMap((pin) => certificatePin(check, pin)),
    ca: check.entries(pinning['ca'], `$.${block}.ca`).flatMap((pin) => authorityPin(check, pin)),
    disableTofu: check.flag(pinning['disable_tofu'], `$.${block}.disable_tofu`) ?? false,
  };
}

function certificatePin(check: Checker, [pattern, value]: readonly [string, JsonValue]): NotaryPin[] {
  const path = `$.${block}.certs.${pattern}`;
  checkWildcard(check, pattern, path);
  const entries = check.list(value, path, 'ids of root certificates').map((id, index): PinEntry => {
    if (typeof id === 'string' && /^[0-9a-f]{64}$/.test(id)) return { kind: 'id', id: id as KeyId };
    throw check.fail(`${path}[${index}]`, '64 lower-case hexadecimal digits are expected');
  });
  return asNotaryReads(pattern).map((name) => ({ pattern: name, entries, path }));
}

function authorityPin(check: Checker, [prefix, value]: readonly [string, JsonValue]): NotaryPin[] {
  const path = `$.${block}.ca.${prefix}`;
  const file = check.file(value, path);
  const name = prefix.replace(/\/\*?$/, '');
  if (file === undefined || name === '' || name.includes('*'))
    throw check.fail(path, 'the beginning of a repository name, up to a /, is expected');
  const patterns = name.includes('/') ? [name, `${name}/*`] : [`${name}/*`];
  return patterns.flatMap(asNotaryReads).map((pattern) => ({
    pattern,
    entries: [{ kind: 'ca', file }],
    path,
  }));
}

/** It also knows a pattern in lower case, and would miss it as it was written. */
function asNotaryReads(pattern: string): readonly string[] {
  return [...new Set([pattern, pattern.toLowerCase()])];
}
