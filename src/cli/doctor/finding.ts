// What the doctor found: one line for each pull, and what it proves.
import { DctError } from '../../base/errors.ts';
import type { Result } from '../console.ts';
import { table } from '../table.ts';
import type { Pulled } from './runtime.ts';

export type Kind = 'signed' | 'unsigned' | 'tampered' | 'bypass';

export interface Finding {
  readonly runtime: string;
  readonly image: string;
  readonly kind: Kind;
  readonly expected: string;
  readonly happened: string;
  readonly held: boolean;
}

/** Whether it would have arrived nobody knows. */
const unended = 'did not end in time';

/** A signed image has to arrive as what was signed; any other may not arrive at all. */
export function judge(
  about: Pick<Finding, 'runtime' | 'image' | 'kind'>,
  { arrived, digests, said, unfinished = false }: Pulled,
  signed: string | undefined,
): Finding {
  const expected = signed === undefined ? 'refused' : 'arrives as signed';
  if (unfinished) return { ...about, expected, happened: unended, held: false };
  if (signed === undefined)
    return {
      ...about,
      expected,
      happened: arrived ? 'it arrived' : `refused: ${said}`,
      held: !arrived,
    };
  const isSame = digests.includes(signed);
  const other = `arrived as ${digests.join(', ') || 'something unknown'}`;
  return {
    ...about,
    expected,
    happened: !arrived ? `did not arrive: ${said}` : isSame ? 'arrived as signed' : other,
    held: arrived && isSame,
  };
}

export function report(findings: readonly Finding[]): Result {
  const rows = findings.map(({ runtime, image, kind, expected, happened, held }) => [
    held ? 'ok' : 'NOT OK',
    runtime,
    kind,
    image,
    expected,
    happened,
  ]);
  const proven = problemIn(findings) === undefined;
  return {
    lines: [
      ...table([['', 'RUNTIME', 'IMAGE IS', 'IMAGE', 'EXPECTED', 'HAPPENED'], ...rows]),
      '',
      proven ? 'trust is enforced: only what was signed came through' : 'trust is not proven to be enforced',
    ],
    data: { enforced: proven, findings },
  };
}

/** Undefined when everything held, and there was something to hold. */
export function problemIn(findings: readonly Finding[]): DctError | undefined {
  const broken = findings.filter(
    ({ held, kind, happened }) => !held && kind !== 'signed' && happened !== unended,
  );
  const wrong = findings.filter(
    ({ held, kind, happened }) => !held && kind === 'signed' && happened.startsWith('arrived'),
  );
  const [worst] = [...broken, ...wrong];
  if (worst !== undefined)
    return new DctError('TRUST_NOT_ENFORCED', {
      runtime: worst.runtime,
      image: worst.image,
      kind: worst.kind,
    });
  const open = findings.find(({ happened }) => happened === unended);
  if (open !== undefined)
    return new DctError('TRUST_UNPROVEN', {
      problem: `the pull of ${open.image} by ${open.runtime} did not end in time`,
    });
  const silent = findings.find(({ held }) => !held);
  if (silent !== undefined)
    return new DctError('TRUST_UNPROVEN', {
      problem: `${silent.image} is signed and ${silent.runtime} could not pull it, so its refusals prove nothing`,
    });
  for (const kind of ['signed', 'unsigned'])
    if (!findings.some((finding) => finding.kind === kind))
      return new DctError('TRUST_UNPROVEN', { problem: `no ${kind} image was tried` });
  return undefined;
}
