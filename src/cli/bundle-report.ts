// A bundle in words: what it changes, who has signed it, and whose signatures it waits for.
import type { BundlePlan, RoleSignatures } from '../tuf-client/author/index.ts';
import { changeJson, detailLines } from './change-report.ts';

/** A headline, everything that is different, and how far the signatures are. */
export function bundleLines(headline: string, plan: BundlePlan): readonly string[] {
  return [headline, ...detailLines(plan), ...plan.signatures.map(signatureLine)].map((line, i) =>
    i === 0 ? line : `  ${line}`,
  );
}

function signatureLine({ role, needed, signed, missing }: RoleSignatures): string {
  const count = `${role}: ${signed.length} of ${needed} ${needed === 1 ? 'signature' : 'signatures'}`;
  const by = signed.length === 0 ? '' : `, by ${signed.join(', ')}`;
  const open = signed.length >= needed ? '' : `; not signed by ${missing.join(', ') || 'nobody else'}`;
  return `${count}${by}${open}`;
}

export function bundleJson(plan: BundlePlan, dryRun: boolean): object {
  const signatures = plan.signatures.map((role) => ({ ...role, complete: isComplete(role) }));
  return {
    ...changeJson({ plan, dryRun }),
    complete: signatures.every(({ complete }) => complete),
    signatures,
  };
}

export function isComplete({ needed, signed }: RoleSignatures): boolean {
  return signed.length >= needed;
}

/** What is to be done with it next. */
export function nextStep(file: string, { signatures }: BundlePlan): string {
  return signatures.every(isComplete)
    ? `it has all signatures that it needs: dct publish ${file}`
    : `for the next signer: dct sign --offline-bundle ${file}`;
}
