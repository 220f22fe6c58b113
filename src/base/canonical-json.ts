// Notary's canonical JSON: the bytes that are signed and whose hash names a key (dialect of OLPC canonical JSON).
import canonicalize from 'canonicalize';
import { utf8 } from './bytes.ts';
import { JsonProblem, type JsonValue } from './json.ts';

/**
 * Canonical bytes of a value. RFC 8785 and Notary's encoder agree on everything that passes the guard; the values on which
 * they differ are refused, because one of the two would see another signature than the other.
 * @throws JsonProblem on a value that has no agreed form
 */
export function canonicalBytes(value: JsonValue): Uint8Array {
  guard(value, '$');
  const text = canonicalize(value);
  if (text === undefined) throw new JsonProblem('$', 'it has no canonical form');
  return utf8(text);
}

function guard(value: JsonValue, path: string): void {
  if (typeof value === 'string') guardString(value, path);
  else if (typeof value === 'number') {
    if (!Number.isSafeInteger(value))
      throw new JsonProblem(path, `the number ${value} is not a safe integer`);
  } else if (Array.isArray(value)) value.forEach((item: JsonValue, i) => guard(item, `${path}[${i}]`));
  else if (typeof value === 'object' && value !== null) {
    const names = Object.keys(value);
    names.forEach((name) => guardString(name, path));
    guardOrder(names, path);
    for (const name of names) guard((value as Record<string, JsonValue>)[name] ?? null, `${path}.${name}`);
  }
}

/** Notary emits control characters raw, RFC 8785 escapes them; a lone surrogate has no UTF-8 at all. */
function guardString(text: string, path: string): void {
  if (/[\u0000-\u001f]/.test(text)) throw new JsonProblem(path, 'a string contains a control character');
  if (!text.isWellFormed()) throw new JsonProblem(path, 'a string contains half a surrogate pair');
}

/**
 * Notary sorts names by their UTF-8 bytes, RFC 8785 by UTF-16 units (JS-08). The two orders are the same when neighbours in
 * one of them are in order in the other: names by the million are compared once each, and not encoded (ED-12).
 */
function guardOrder(names: readonly string[], path: string): void {
  if (!names.some((name) => /[\ud800-\udfff]/.test(name))) return;
  const byUnits = [...names].sort();
  if (byUnits.some((name, i) => i > 0 && !isInByteOrder(byUnits[i - 1] ?? '', name)))
    throw new JsonProblem(path, 'the order of the names depends on their encoding');
}

/** Whether the UTF-8 of one name is before that of another, which is the order of code points. */
function isInByteOrder(a: string, b: string): boolean {
  const shorter = Math.min(a.length, b.length);
  let at = 0;
  while (at < shorter && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  if (at === shorter) return a.length <= b.length;
  // Where two differ in the second half of a pair only, both halves are surrogates, and in their own order.
  return rank(a.charCodeAt(at)) < rank(b.charCodeAt(at));
}

/** Surrogates stand for code points above all others, though as units they are below U+E000. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
