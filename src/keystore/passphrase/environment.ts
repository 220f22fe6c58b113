// Passphrases from the environment, under the names that Docker and Notary gave them (dialect 5.4).
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

/**
 * Docker's variable, then Notary's. The value counts byte by byte, except that an empty one counts as not set (KS-09). One
 * attempt only: asking again would give the same answer.
 */
export function environmentPassphrases(env: Readonly<Record<string, string | undefined>>): PassphraseSource {
  return {
    get: ({ role, attempt }) => {
      if (attempt > 0) return Promise.resolve(undefined);
      const variables = [
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
