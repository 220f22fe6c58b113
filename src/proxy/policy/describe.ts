// A rule in one line, for people who check a policy.
import type { Rule } from './rule.ts';

/** What the rule does, without its pattern: `signed-by ci, qa (1 of them); strict`. */
export function describeRule({
  require,
  signers,
  threshold,
  strict,
  referrers,
  outage,
  audit,
}: Rule): string {
  const some = threshold < signers.length ? ` (${threshold} of them)` : '';
  const parts = [
    signers.length === 0 ? require : `${require} ${signers.join(', ')}${some}`,
    ...(strict ? ['strict'] : []),
    ...(referrers === 'pass' ? ['referrers pass'] : []),
    ...(outage === 'fail' ? ['outage fail'] : []),
    ...(audit ? ['audit'] : []),
  ];
  return parts.join('; ');
}
