// Where we refuse what Notary believes: for each code, the decision that says why. A refusal for another reason is a defect.
import type { Case } from './case.ts';
import type { Verdict } from './verdict.ts';

interface Decision {
  /** The file in docs/adr. */
  readonly adr: string;
  readonly code: string;
  /** What the message has to say, when the code alone does not tell. */
  readonly saying?: RegExp;
}

/** A refused document, by what is wrong with it. */
const malformed = (adr: string, saying: RegExp): Decision => ({ adr, code: 'MALFORMED', saying });

const decisions: readonly Decision[] = [
  malformed('0008-length-and-every-hash', /there is no sha256$/u),
  malformed('0001-strict-json', /./u),
  { adr: '0002-root-chain-in-tuf-order', code: 'ROOT_GAP' },
  { adr: '0002-root-chain-in-tuf-order', code: 'ROOT_ROTATION' },
  { adr: '0002-root-chain-in-tuf-order', code: 'THRESHOLD', saying: /^root metadata/u },
  { adr: '0003-only-outages-are-answered-from-the-cache', code: 'TRUST_DATA_GONE' },
  { adr: '0004-thresholds-count-public-keys', code: 'KEY_ID_MISMATCH' },
  { adr: '0005-version-ledger', code: 'ROLLBACK' },
  { adr: '0005-version-ledger', code: 'SAME_VERSION_CHANGED' },
  { adr: '0006-releases-never-fall-back', code: 'EXPIRED', saying: /^targets\/releases metadata/u },
  { adr: '0006-releases-never-fall-back', code: 'THRESHOLD', saying: /^targets\/releases metadata/u },
  { adr: '0006-releases-never-fall-back', code: 'ROLE_REMOVED', saying: /^targets\/releases of/u },
  { adr: '0007-names-end-at-a-slash', code: 'CERTIFICATE_NAME' },
  { adr: '0008-length-and-every-hash', code: 'CONTENT_MISMATCH' },
  { adr: '0008-length-and-every-hash', code: 'LIMIT' },
];

/** The decision behind a stricter verdict of ours; undefined when there is none. */
export function decisionBehind(ours: Verdict): string | undefined {
  // Entries that no image can have are signed, but not listed.
  if (ours.accepted) return '0008-length-and-every-hash';
  const found = decisions.find(
    ({ code, saying }) => code === ours.reason && (saying?.test(ours.detail) ?? true),
  );
  return found?.adr;
}

/**
 * The one case in which we believe what Notary refuses: new keys for timestamp or snapshot, in a verified root, end the
 * memory of their versions, so that a repository survives a thief who ran ahead (TUF 5.3.11, ADR 0005).
 */
export function isRecovery(
  { client, repository }: Case,
  known: Case['repository'],
  notarys: Verdict,
): boolean {
  const keysOf = (from: Case['repository']): string =>
    [...from.base.timestamp.keys, ...from.base.snapshot.keys].map(({ id }) => id).join();
  const isVersion = /version \d+ is lower than current version \d+/u.test(notarys.reason);
  return client === 'known' && isVersion && keysOf(repository) !== keysOf(known);
}
