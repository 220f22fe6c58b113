// Witnessing: a role's present content, vouched for anew by the keys at hand (dialect 10.5).
import { DctError } from '../../../base/errors.ts';
import { roleNames, type RoleName } from '../../model/index.ts';
import { contentOf, declarationOf, resigning, withFile } from '../content.ts';
import { leftFile } from '../published-version.ts';
import type { Desk, Proposal } from './proposal.ts';

/**
 * Signs roles again with a new version and a new end. Content that verified before it expired, or that a former key has
 * signed, is taken over as it is: the plan shows every entry of it.
 * @throws USAGE for a role that is not declared or never had a file
 */
export async function witness(desk: Desk, roles: readonly RoleName[]): Promise<Proposal> {
  const { gun, repository } = desk;
  let content = resigning(contentOf(repository), ...roles);
  const remarks: string[] = [];
  for (const role of roles) {
    if (content.targets.has(role) || role === roleNames.root) continue;
    const problem = (what: string): DctError =>
      new DctError('USAGE', { problem: `${role} of ${gun} cannot be witnessed: ${what}` });
    if (declarationOf(content, role) === undefined) throw problem('nobody declares it');
    const left = await leftFile(desk, role);
    if (left === undefined) throw problem('nothing was published for it yet');
    content = withFile(content, role, left.file);
    remarks.push(
      `${role} could not be used before: ${repository.unusable.get(role)?.message ?? 'no reason'}`,
    );
  }
  return { content, remarks };
}
