// Names of delegations and signers, checked without loading anything that knows what they are for (dialect 1.1, 1.3).
import { DctError } from './errors.ts';
import { limits } from './limits.ts';

/** True for a legal delegation name (NM-01); the pattern also rules out every form of path traversal. */
export function isDelegation(name: string): boolean {
  return (
    name.length < 256 &&
    /^targets(?:\/[-a-z0-9_]+)+$/.test(name) &&
    name.split('/').length - 1 <= limits.delegationDepth
  );
}

/** True for what Docker takes as the name of a signer: `NAME` is the delegation `targets/NAME`. */
export function isSignerName(name: string): boolean {
  return /^[a-z0-9][a-z0-9_-]*$/.test(name) && name !== 'releases' && isDelegation(`targets/${name}`);
}

/** @throws USAGE */
export function checkSignerName(name: string): void {
  if (isSignerName(name)) return;
  throw new DctError('USAGE', {
    problem: `"${name}" cannot be the name of a signer`,
    hint: 'Signers have names of lower-case letters, digits, - and _; "releases" is taken.',
  });
}
