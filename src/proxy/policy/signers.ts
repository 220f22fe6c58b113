// Whether the signers that a rule names stand behind what is released as a tag.
import { DctError } from '../../base/errors.ts';
import { signerRole } from '../../tuf-client/index.ts';
import type { ReleasedTarget, SignedTarget } from '../../tuf-client/index.ts';
import type { Rule } from './rule.ts';
import type { SignedTags } from './signed-tags.ts';

/**
 * Each signer counts who has signed the very content that is released, in the role of that name and within its paths.
 * @throws SIGNERS_TOO_FEW
 */
export function checkSigners(
  signed: SignedTags,
  target: ReleasedTarget,
  { signers, threshold }: Pick<Rule, 'signers' | 'threshold'>,
): void {
  const missing = signers.flatMap((name) => {
    const problem = problemOf(signed, target, name);
    return problem === undefined ? [] : [`${name} (${problem})`];
  });
  const found = signers.length - missing.length;
  if (found >= threshold) return;
  throw new DctError('SIGNERS_TOO_FEW', {
    gun: signed.repository.gun,
    tag: target.name,
    digest: target.digest,
    needed: threshold,
    found,
    missing: missing.join(', '),
  });
}

/** Why a signer does not count; undefined when it does. */
function problemOf(signed: SignedTags, target: ReleasedTarget, signer: string): string | undefined {
  const role = signerRole(signer);
  const { targets, unusable } = signed.repository;
  if (role === undefined || !targets.data.delegations.some(({ name }) => name === role))
    return 'is no signer there';
  const problem = unusable.get(role);
  if (problem !== undefined) return problem.message;
  const own = signed.inRole(role).get(target.name);
  if (own === undefined) return 'has not signed this tag';
  return isSame(own, target) ? undefined : 'has signed other content';
}

/** The same length and the same digests, as far as both have them; sha256 both have. */
function isSame(own: SignedTarget, target: ReleasedTarget): boolean {
  if (own.length !== target.length || own.digest !== target.digest) return false;
  const [, other] = own.digests;
  const [, released] = target.digests;
  return other === undefined || released === undefined || other === released;
}
