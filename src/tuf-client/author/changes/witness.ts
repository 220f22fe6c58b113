// Witnessing: a role's present content, vouched for anew by the keys at hand (dialect 10.5).
import { DctError } from '../../../base/errors.ts';
import { roleNames, type RoleName } from '../../model/index.ts';
import { contentOf, declarationOf, resigning, withFile } from '../content.ts';
import { leftFile } from '../published-version.ts';
import type { Desk, Proposal } from './proposal.ts';
import { withSignableReleases } from './signers.ts';

/**
 * Signs roles again with a new version and a new end. Content that verified before it expired, or that a former key has
 * signed, is taken over as it is: the plan shows every entry of it.
 * @throws USAGE for a role that is not declared or never had a file
 */
export async function witness(desk: Desk, roles: readonly RoleName[]): Promise<Proposal> {
  const { gun, repository } = desk;
  checkAllNamed(desk, roles);
  let content = resigning(contentOf(repository), ...roles);
  const remarks = roles.flatMap((role) => {
    const fault = role === roleNames.targets ? desk.faults.get(role) : undefined;
    return fault === undefined ? [] : [unusedBefore(role, fault)];
  });
  for (const role of roles) {
    if (content.targets.has(role) || role === roleNames.root) continue;
    const problem = (what: string): DctError =>
      new DctError('USAGE', { problem: `${role} of ${gun} cannot be witnessed: ${what}` });
    if (declarationOf(content, role) === undefined) throw problem('nobody declares it');
    const left = await leftFile(desk, role);
    if (left === undefined) throw problem('nothing was published for it yet');
    content = withFile(content, role, left.file);
    remarks.push(unusedBefore(role, repository.unusable.get(role)));
  }
  if (!roles.includes(roleNames.releases) || !desk.faults.has(roleNames.releases))
    return { content, remarks };
  const readable = await withSignableReleases(desk, content);
  return { content: readable.content, remarks: [...remarks, ...(readable.remarks ?? [])] };
}

function unusedBefore(role: RoleName, problem: Error | undefined): string {
  return `${role} could not be used before: ${problem?.message ?? 'no reason'}`;
}

/** Half a repair could be published, but nobody could read it. A snapshot is new with every publication. */
function checkAllNamed({ gun, faults }: Desk, roles: readonly RoleName[]): void {
  const needed = [...faults.keys()].filter((role) => role !== roleNames.snapshot);
  const [left] = needed.filter((role) => !roles.includes(role));
  if (left === undefined) return;
  throw new DctError('USAGE', {
    problem: `${left} of ${gun} cannot be read either: ${faults.get(left)?.message ?? ''}`,
    hint: `Sign all of it again: dct witness ${gun} ${[...new Set([...roles, ...needed])].join(' ')}`,
  });
}
