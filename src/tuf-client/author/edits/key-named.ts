// Keys that people name by the beginnings of their ids, among those that a role lists.
import { DctError } from '../../../base/errors.ts';
import { canonicalKeyId } from '../../crypto/index.ts';
import type { KeyId, Targets } from '../../model/index.ts';

/** A key by both of its ids: for certificates the listed one is not that of the bare key. */
export interface ListedKey {
  readonly listed: KeyId;
  readonly canonical: KeyId;
}

export function keysListed({ delegationKeys }: Targets, ids: readonly KeyId[]): readonly ListedKey[] {
  return ids.map((listed) => {
    const key = delegationKeys.get(listed);
    return { listed, canonical: (key && canonicalKeyId(key)) ?? listed };
  });
}

/** The canonical id of the one key whose id begins so; undefined when there is none. @throws KEY_AMBIGUOUS */
export function keyNamed(text: string, keys: readonly ListedKey[]): KeyId | undefined {
  const fitting = keys.filter((key) => key.listed.startsWith(text) || key.canonical.startsWith(text));
  const [id, ...others] = new Set(fitting.map(({ canonical }) => canonical));
  if (id === undefined || others.length === 0) return id;
  throw new DctError('KEY_AMBIGUOUS', { text, keyIds: [id, ...others].join(', ') });
}
