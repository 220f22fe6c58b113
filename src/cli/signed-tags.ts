// Signed tags in the forms in which several commands show them.
import { toHex } from '../base/bytes.ts';
import type { JsonValue } from '../base/json.ts';
import type { SignedTarget } from '../tuf-client/index.ts';
import { naturalOrder } from './natural-order.ts';
import { table } from './table.ts';

/** In the order that people expect; a tag of several roles keeps the order in which they came. */
export function inOrder(targets: readonly SignedTarget[]): readonly SignedTarget[] {
  return [...targets].sort((a, b) => naturalOrder(a.name, b.name));
}

/** One line for each tag, and a heading. */
export function tagTable(targets: readonly SignedTarget[]): readonly string[] {
  const rows = targets.map(({ name, digest, length, role }) => [name, digest, String(length), role]);
  return table([['TAG', 'DIGEST', 'SIZE', 'ROLE'], ...rows]);
}

/** A paragraph for each tag, with all that was signed: every hash, and what signers added of their own. */
export function tagDetails(targets: readonly SignedTarget[]): readonly string[] {
  return targets.flatMap((target, i) => {
    const { role, size, hashes, custom } = tagJson(target);
    const rows = [
      ['role', role],
      ['size', `${size} bytes`],
      ...Object.entries(hashes),
      ...(custom === undefined ? [] : [['custom data', JSON.stringify(custom)]]),
    ];
    const lines = table(rows).map((line) => `  ${line}`);
    return [...(i === 0 ? [] : ['']), target.name, ...lines];
  });
}

export interface TagJson {
  readonly tag: string;
  readonly digest: string;
  readonly size: number;
  readonly role: string;
  /** Hexadecimal, by algorithm; those that dct cannot check too. */
  readonly hashes: Readonly<Record<string, string>>;
  /** Whatever the signers added. */
  readonly custom?: JsonValue;
}

export function tagJson({ name, digest, length, role, signed }: SignedTarget): TagJson {
  const hashes = Object.fromEntries([...signed.hashes].map(([algorithm, hash]) => [algorithm, toHex(hash)]));
  const json = { tag: name, digest, size: length, role, hashes };
  return signed.custom === undefined ? json : { ...json, custom: signed.custom };
}
