// Keys that a change brings into being: made once, however often the change is drafted, and not at all in a preview.
import { utf8 } from '../../base/bytes.ts';
import type { Gun } from '../../base/reference.ts';
import { keyId } from '../crypto/index.ts';
import type { KeyId, PublicKey } from '../model/index.ts';
import type { NotaryStore } from '../notary/index.ts';
import type { Authority } from '../trust/index.ts';
import { certifyRootKey, checkRootKey } from './root-certificate.ts';
import { usableServerKey, type ServerRole } from './server-key.ts';
import type { PublicationPlan, SigningKeys } from './types.ts';

export interface NewKeys {
  /** A fresh key of this machine, a root key in its certificate. */
  own(role: 'root' | 'targets' | 'snapshot'): Promise<PublicKey>;
  /** A fresh key of the server. */
  server(role: ServerRole): Promise<PublicKey>;
  /** A key that is here already, as this role lists it. */
  existing(role: 'root' | 'targets' | 'snapshot', id: KeyId): Promise<PublicKey>;
  made(): PublicationPlan['newKeys'];
}

/** Stands for a key that nobody has made yet; no signature verifies with it. */
const placeholderType = 'new';

/** Whether a role lists a key that is still to be made, so that nobody can sign as this role yet. */
export function isUnmade({ keys }: Pick<Authority, 'keys'>): boolean {
  return [...keys.values()].some(({ type }) => type === placeholderType);
}

export function isPlaceholder(key: PublicKey): boolean {
  return key.type === placeholderType;
}

/** Makes nothing: for `--dry-run`, and for asking before anything is done. */
export function previewKeys(keys: SigningKeys): NewKeys {
  const wanted = new Set<string>();
  const placeholder = (role: string): Promise<PublicKey> => {
    wanted.add(role);
    return Promise.resolve({ type: placeholderType, value: utf8(role) });
  };
  return {
    own: placeholder,
    server: (role) => placeholder(`${role} (server)`),
    existing: async (role, id) => {
      const signer = await keys.signer(id);
      if (role !== 'root') return signer.publicKey;
      checkRootKey(signer);
      return { type: placeholderType, value: utf8(id) };
    },
    made: () => [...wanted].map((role) => ({ role })),
  };
}

/** Makes each key the first time it is asked for. */
export function makeNewKeys(keys: SigningKeys, store: NotaryStore, gun: Gun, now: number): NewKeys {
  const promised = new Map<string, Promise<PublicKey>>();
  const made: { readonly role: string; readonly keyId: KeyId }[] = [];
  const once = (name: string, make: () => Promise<PublicKey>): Promise<PublicKey> => {
    const known = promised.get(name) ?? make();
    promised.set(name, known);
    return known;
  };
  return {
    own: (role) =>
      once(role, async () => {
        const signer = await keys.create(role, role === 'root' ? undefined : gun);
        made.push({ role, keyId: signer.keyId });
        return role === 'root' ? certifyRootKey(signer, gun, now) : signer.publicKey;
      }),
    server: (role) =>
      once(`${role} (server)`, async () => {
        const key = usableServerKey(await store.rotateServerKey(gun, role), gun, role);
        made.push({ role: `${role} (server)`, keyId: keyId(key) });
        return key;
      }),
    existing: (role, id) =>
      once(`${role} ${id}`, async () => {
        const signer = await keys.signer(id);
        return role === 'root' ? certifyRootKey(signer, gun, now) : signer.publicKey;
      }),
    made: () => made,
  };
}
