// First contact with a repository: nobody but the server vouched for its root key, so the user is told which one it is.
import type { Notices } from '../base/ports.ts';
import type { TrustClient, TrustedRepository } from '../tuf-client/index.ts';

/** The same client, which announces every root key that it begins to trust on first use. */
export function announcing<T extends TrustClient>(client: T, notices: Pick<Notices, 'warn'>): T {
  return {
    ...client,
    update: async (gun) => {
      const repository = await client.update(gun);
      if (isUnvouched(repository)) {
        const keys = repository.trustedSince.rootKeys.join(', ');
        notices.warn(
          `first contact with ${gun}: its root key ${keys} is trusted from now on; compare it with the owner's`,
        );
      }
      return repository;
    },
  };
}

function isUnvouched({ firstContact, trustedSince }: TrustedRepository): boolean {
  return firstContact && trustedSince.how === 'first-use';
}
