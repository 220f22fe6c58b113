// `dct policy check`: whether a file is a policy, and which of its rules decides about an image.
import { resolve } from 'node:path';
import { DctError } from '../../base/errors.ts';
import { parseReference } from '../../base/reference.ts';
import { describeRule, readPolicy, type Rule } from '../../proxy/index.ts';
import type { Context } from '../context.ts';
import { table } from '../table.ts';

/** Asks no server. Without images: all rules. @throws POLICY_INVALID, DISK; REFERENCE_INVALID */
export async function policyCheck(
  { io, console }: Context,
  file: string,
  images: readonly string[],
): Promise<void> {
  const path = resolve(io.workingDirectory, file);
  const bytes = await io.files.read(path);
  if (bytes === undefined)
    throw new DctError('POLICY_INVALID', { file: path, path: '$', problem: 'there is no such file' });
  const policy = readPolicy(bytes, path);
  if (images.length === 0) {
    const rows = policy.rules.map((rule) => [rule.pattern, describeRule(rule)]);
    console.emit({ lines: table([['PATTERN', 'RULE'], ...rows]), data: { file: path, rules: policy.rules } });
    return;
  }
  const decided = images.map((image) => ({ image, rule: policy.ruleFor(parseReference(image).gun) }));
  const rows = decided.map(({ image, rule }) => [image, rule?.pattern ?? '-', ruleText(rule)]);
  console.emit({
    lines: table([['IMAGE', 'PATTERN', 'RULE'], ...rows]),
    data: { file: path, images: decided.map(({ image, rule = null }) => ({ image, rule })) },
  });
}

function ruleText(rule: Rule | undefined): string {
  return rule === undefined ? 'refused: no rule is about it' : describeRule(rule);
}
