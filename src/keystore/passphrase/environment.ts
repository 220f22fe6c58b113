// Passphrases from the environment: for one key or signer, and under the names that Docker and Notary gave them (dialect 5.4).
import type { PassphraseSource } from './source.ts';

/** Docker's variable for keys of this role. */
export function passphraseVariable(role: string): string {
  return role === 'root'
    ? 'DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE'
    : 'DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE';
}

const notaryVariables = new Map([
  ['root', 'NOTARY_ROOT_PASSPHRASE'],
  ['targets', 'NOTARY_TARGETS_PASSPHRASE'],
  ['snapshot', 'NOTARY_SNAPSHOT_PASSPHRASE'],
]);

const own = 'DCT_PASSPHRASE_';

/** Those of one key by at least 7 digits of its id, the longest first, and then that of a role or signer (F-115). */
function ownVariables(
  env: Readonly<Record<string, string | undefined>>,
  keyId: string,
  role: string,
): readonly string[] {
  const byId = Object.keys(env).filter((name) => {
    const digits = name.startsWith(own) ? name.slice(own.length) : '';
    return /^[0-9A-F]{7,64}$/.test(digits) && keyId.startsWith(digits.toLowerCase());
  });
  const byRole = role === '' ? [] : [`${own}${role.toUpperCase().replaceAll('-', '_')}`];
  return [...byId.sort((a, b) => b.length - a.length), ...byRole];
}

/**
 * The variable for exactly this key, role or signer, then Docker's, then Notary's. The value counts byte by byte, except that an empty one counts as not set (KS-09). One
 * attempt only: asking again would give the same answer.
 */
export function environmentPassphrases(env: Readonly<Record<string, string | undefined>>): PassphraseSource {
  return {
    get: ({ keyId, role, attempt }) => {
      if (attempt > 0) return Promise.resolve(undefined);
      const variables = [
        ...ownVariables(env, keyId, role),
        passphraseVariable(role),
        notaryVariables.get(role) ?? 'NOTARY_DELEGATION_PASSPHRASE',
      ];
      for (const source of variables) {
        const passphrase = env[source] ?? '';
        if (passphrase !== '') return Promise.resolve({ passphrase, source });
      }
      return Promise.resolve(undefined);
    },
  };
}
