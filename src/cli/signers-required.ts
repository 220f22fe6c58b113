// `--signer NAME`: a released tag counts only when these signers have signed the same content for it.
import { DctError } from '../base/errors.ts';
import { listSignedBy, roleNames, type ReleasedTarget, type TrustedRepository } from '../tuf-client/index.ts';
import { isDeclared, roleNamed } from './roles.ts';

/** The first signature that is missing, as NOT_SIGNED_BY. @throws USAGE for what can be no signer */
export function missingSigner(
  trusted: TrustedRepository,
  target: ReleasedTarget,
  signers: readonly string[],
): DctError | undefined {
  const { gun } = trusted;
  for (const signer of signers) {
    const problem = whyNotSigned(trusted, target, signer);
    if (problem !== undefined)
      return new DctError('NOT_SIGNED_BY', { gun, tag: target.name, signer, problem });
  }
  return undefined;
}

/** Undefined when the signer has signed just this. */
function whyNotSigned(
  trusted: TrustedRepository,
  target: ReleasedTarget,
  signer: string,
): string | undefined {
  const role = roleNamed(signer);
  // Whatever is pulled is in one of these two anyway, so that they vouch for nobody in particular.
  if (role === roleNames.targets || role === roleNames.releases)
    throw new DctError('USAGE', {
      problem: `--signer "${signer}" is no signer`,
      hint: 'See who may sign with: dct signer list IMAGE',
    });
  const unusable = trusted.unusable.get(role);
  if (unusable !== undefined) return `${role} cannot be used: ${unusable.message}`;
  if (!isDeclared(trusted, role)) return `there is no ${role}`;
  const own = listSignedBy(trusted, role).find(({ name }) => name === target.name);
  if (own === undefined) return `${role} has not signed this tag`;
  if (own.digest === target.digest && own.length === target.length) return undefined;
  return `${role} has signed ${own.digest}, and ${target.digest} is released`;
}
