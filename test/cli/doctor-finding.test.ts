// What the doctor makes of pulls: what has to arrive, what must not, and what proves nothing.
import { describe, expect, it } from 'vitest';
import { judge, problemIn, report, type Finding, type Kind } from '../../src/cli/doctor/finding.ts';
import type { Pulled } from '../../src/cli/doctor/runtime.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const other = `sha256:${'b'.repeat(64)}`;
const arrived: Pulled = { arrived: true, digests: [digest], said: '' };
const unfinished: Pulled = { arrived: false, digests: [], said: '', unfinished: true };
const refused: Pulled = { arrived: false, digests: [], said: 'denied' };

function found(kind: Kind, pulled: Pulled): Finding {
  return judge(
    { runtime: 'podman', image: 'r.test/app:1', kind },
    pulled,
    kind === 'signed' ? digest : undefined,
  );
}

describe('a pull', () => {
  it.each<[Kind, string, Pulled, boolean]>([
    ['signed', 'arrives as signed', arrived, true],
    ['signed', 'arrives as something else', { ...arrived, digests: [other] }, false],
    ['signed', 'arrives as nobody knows what', { ...arrived, digests: [] }, false],
    ['signed', 'is refused', refused, false],
    ['unsigned', 'is refused', refused, true],
    ['unsigned', 'arrives', arrived, false],
    ['unsigned', 'takes too long', unfinished, false],
    ['signed', 'takes too long', unfinished, false],
    ['tampered', 'is refused', refused, true],
    ['tampered', 'arrives', arrived, false],
  ])('of a %s image that %s', (kind, _what, pulled, held) => {
    expect(found(kind, pulled).held).toBe(held);
  });
});

describe('the verdict', () => {
  it.each<[string, readonly Finding[], string | undefined]>([
    ['all held', [found('signed', arrived), found('unsigned', refused)], undefined],
    ['unsigned arrived', [found('signed', arrived), found('unsigned', arrived)], 'TRUST_NOT_ENFORCED'],
    ['tampered arrived', [found('unsigned', refused), found('tampered', arrived)], 'TRUST_NOT_ENFORCED'],
    ['something else arrived', [found('signed', { ...arrived, digests: [other] })], 'TRUST_NOT_ENFORCED'],
    ['nothing arrives at all', [found('signed', refused), found('unsigned', refused)], 'TRUST_UNPROVEN'],
    ['a pull takes too long', [found('signed', arrived), found('unsigned', unfinished)], 'TRUST_UNPROVEN'],
    ['no unsigned image was tried', [found('signed', arrived)], 'TRUST_UNPROVEN'],
    ['no signed image was tried', [found('unsigned', refused)], 'TRUST_UNPROVEN'],
    ['nothing was tried', [], 'TRUST_UNPROVEN'],
  ])('when %s', (_what, findings, code) => {
    expect(problemIn(findings)?.code).toBe(code);
    expect(report(findings).data).toMatchObject({ enforced: code === undefined });
  });
});
