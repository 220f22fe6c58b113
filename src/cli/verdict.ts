// What `dct verify` has to say about trust data that passed.
import { showInstant } from '../base/instant.ts';
import type { FirstTrust, ReleasedTarget, TrustedRepository } from '../tuf-client/index.ts';
import type { Result } from './console.ts';
import type { DeepReport } from './deep-check.ts';
import { certificateEnds, roleEnds, showEnd } from './expiry.ts';
import { showConfirmed } from './freshness.ts';
import { inOrder, tagJson, tagTable } from './signed-tags.ts';
import { table } from './table.ts';

const vouchers: Readonly<Record<FirstTrust['how'], string>> = {
  'first-use': 'on first use',
  pin: 'because it was pinned',
  created: 'because it was created here',
  cache: "because it was in Docker's trust data already",
};

/** @param deep what `--deep` found, undefined without it */
export async function verdict(
  trusted: TrustedRepository,
  released: readonly ReleasedTarget[],
  deep: readonly DeepReport[] | undefined,
): Promise<Result> {
  const rootKeys = (await certificateEnds(trusted)).map(({ ends, ...ids }) => ({
    ...ids,
    certificateExpires: showEnd(ends),
  }));
  const roles = roleEnds(trusted).map(({ ends, ...role }) => ({ ...role, expires: showEnd(ends) }));
  const targets = inOrder(released);
  const checked = deep && summarise(deep);
  const lines = [
    `${trusted.gun}: all trust data is valid`,
    ...(trusted.origin === 'cache'
      ? [
          `the Notary server did not answer; this is what it said before, last confirmed ${showConfirmed(trusted)}`,
        ]
      : []),
    ...rootKeys.map(
      ({ keyId, certificateId, certificateExpires: until }) =>
        `root key ${keyId}, certificate ${certificateId}${until === null ? '' : ` until ${until}`}`,
    ),
    `trusted since ${showInstant(trusted.trustedSince.at)} ${vouchers[trusted.trustedSince.how]}`,
    '',
    ...table([
      ['ROLE', 'VERSION', 'EXPIRES'],
      ...roles.map(({ role, version, expires }) => [role, String(version), expires ?? '']),
    ]),
    '',
    ...(targets.length === 0 ? ['no tag is signed'] : tagTable(targets)),
    ...(checked === undefined ? [] : ['', ...deepLines(checked)]),
  ];
  const { gun, origin, trustedSince, confirmedAt } = trusted;
  const data = {
    gun,
    origin,
    confirmed: confirmedAt === undefined ? null : showInstant(confirmedAt),
    rootKeys,
    trustedSince: { at: showInstant(trustedSince.at), how: trustedSince.how },
    roles,
    tags: targets.map(tagJson),
    ...(checked && { deep: checked }),
  };
  return { lines, data };
}

interface DeepSummary {
  readonly manifests: number;
  readonly blobs: number;
  readonly bytes: number;
  readonly skipped: readonly string[];
}

function summarise(reports: readonly DeepReport[]): DeepSummary {
  const sum = (of: (report: DeepReport) => number): number =>
    reports.reduce((total, report) => total + of(report), 0);
  return {
    manifests: sum(({ manifests }) => manifests),
    blobs: sum(({ blobs }) => blobs),
    bytes: sum(({ bytes }) => bytes),
    skipped: reports.flatMap(({ skipped }) => skipped),
  };
}

function deepLines({ manifests, blobs, bytes, skipped }: DeepSummary): readonly string[] {
  const found = `content: ${manifests} manifest(s) and ${blobs} blob(s), ${bytes} bytes, all match`;
  return [
    found,
    ...skipped.map((digest) => `not checked, because it is kept outside of the registry: ${digest}`),
  ];
}
