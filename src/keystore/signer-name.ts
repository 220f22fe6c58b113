// Names that keys of signers may be kept under: a key file says only `role: NAME`, so nobody may be called as the base roles are.
import { DctError } from '../base/errors.ts';
import { baseRoles, signerRole } from '../tuf-client/model/index.ts';

/** @throws USAGE */
export function checkKeyName(name: string): void {
  if (signerRole(name) !== undefined && !(baseRoles as readonly string[]).includes(name)) return;
  throw new DctError('USAGE', {
    problem: `"${name}" cannot be the name of a signer`,
    hint: 'Use lower-case letters, digits, - and _; the names of the base roles and "releases" are taken.',
  });
}
