// Trust data for a command: brought up to date once, with everything said that the user has to know about it.
import { splitGun, type Gun } from '../base/reference.ts';
import type { TrustedRepository } from '../tuf-client/index.ts';
import type { Context } from './context.ts';
import { allowedAge, checkFresh, showConfirmed, type FreshnessOptions } from './freshness.ts';
import { checkLeastVersions, leastVersions, type LeastVersionOptions } from './least-versions.ts';

/**
 * The verified trust data of `gun`.
 * @throws NOT_FRESH, ROLLBACK, USAGE, and whatever `TrustClient.update` throws
 */
export async function trustData(
  { io, services, console }: Context,
  gun: Gun,
  options: FreshnessOptions & LeastVersionOptions = {},
): Promise<TrustedRepository> {
  const allowed = allowedAge(options);
  const least = leastVersions(options);
  const client = await services.trust(splitGun(gun).registry, 'accept');
  const repository = await client.update(gun);
  checkFresh(repository, allowed, io.clock.now());
  checkLeastVersions(repository, least);
  if (repository.origin === 'cache') {
    console.warn(
      `the Notary server did not answer; used is what it said before about ${gun}, last confirmed ${showConfirmed(repository)}, verified and not expired`,
    );
  }
  for (const [role, problem] of repository.unusable) {
    console.warn(`${role} of ${gun} is not used: ${problem.message}`);
  }
  return repository;
}
