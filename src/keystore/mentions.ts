// Which keys the cached trust data names, and for what: what depends on a key, and which keys are elsewhere.
import { isDctError } from '../base/errors.ts';
import type { Files } from '../base/ports.ts';
import { canonicalKeyId } from '../tuf-client/crypto/index.ts';
import {
  asRoleName,
  baseRoles,
  parseDocument,
  readEnvelope,
  readRoot,
  readTargets,
  type KeyId,
  type KeyTable,
  type Role,
} from '../tuf-client/model/index.ts';

/** A role of a collection that a key may sign for. */
export interface Mention {
  readonly gun: string;
  readonly role: string;
}

export type Mentions = ReadonlyMap<KeyId, readonly Mention[]>;

/**
 * By canonical key id, in the order of names. The cache is read as it is, not verified: it says what to look after, and
 * decides nothing. Files that are no metadata are left out, as the next update leaves them out.
 * @throws DISK, DISK_UNSAFE
 */
export async function findMentions(files: Files): Promise<Mentions> {
  const found = new Map<KeyId, Mention[]>();
  for (const name of await files.list('tuf')) {
    const [, gun = '', role = ''] = /^(.+)\/metadata\/(root|targets(?:\/.+)?)\.json$/.exec(name) ?? [];
    const bytes = gun === '' ? undefined : await files.read(`tuf/${name}`);
    if (bytes === undefined) continue;
    for (const { keyId, speaksFor } of keysOf(role, bytes))
      found.set(keyId, [...(found.get(keyId) ?? []), { gun, role: speaksFor }]);
  }
  return found;
}

function keysOf(file: string, bytes: Uint8Array): { readonly keyId: KeyId; readonly speaksFor: string }[] {
  const { roles, keys } = rolesIn(file, bytes);
  return roles.flatMap((role) =>
    role.keyIds.flatMap((listed) => {
      const key = keys.get(listed);
      const keyId = key && canonicalKeyId(key);
      return keyId === undefined ? [] : [{ keyId, speaksFor: role.name }];
    }),
  );
}

function rolesIn(
  file: string,
  bytes: Uint8Array,
): { readonly roles: readonly Role[]; readonly keys: KeyTable } {
  const role = asRoleName(file);
  try {
    return parseDocument(`${file}.json`, bytes, (document) => {
      const envelope = readEnvelope(document);
      if (role === undefined) return { roles: [], keys: new Map() };
      if (file === 'root') {
        const root = readRoot(envelope);
        return { roles: baseRoles.map((name) => root.roles[name]), keys: root.keys };
      }
      const targets = readTargets(envelope, role);
      return { roles: targets.delegations, keys: targets.delegationKeys };
    });
  } catch (error) {
    if (isDctError(error, 'MALFORMED')) return { roles: [], keys: new Map() };
    throw error;
  }
}
