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

/** Each end of a sentence that ADR 0001 stands behind; whoever refuses for another reason has to write down why. */
const strictJson = [
  // One reading only.
  /the name ".*" (?:occurs twice|differs from ".*" only in case)/,
  /the order of the names depends on their encoding/,
  /it is not valid UTF-8/,
  /a string (?:is not well formed at \d+|contains half a surrogate pair|contains a control character)/,
  /the number \S+ is not a safe integer|a number is out of range/,
  /expected .+ at \d+, found .+|something follows the document at \d+/,
  /nested deeper than \d+ levels|there are more than \d+ \w+/,
  // Every member, in its own type.
  /it is not (?:an object|a list|a string|a number|a key id|a role|standard base64|an RFC 3339 time)/,
  /it is neither true nor false|it holds something else than key ids/,
  /it is ".*", not ".*"|".*" is not a key id|-?\d+ is less than \d+/,
  // What no honest writer says.
  /the role has no keys|the key \w+ is not in the table of keys|a role is declared twice/,
  /it is not a delegation name|\S+ is not a direct child of \S+|it has \d+ bytes, not \d+/,
];

const decisions: readonly Decision[] = [
  malformed('0008-length-and-every-hash', /there is no sha256$/u),
  ...strictJson.map((saying) => malformed('0001-strict-json', new RegExp(`(?:${saying.source})$`, 'u'))),
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
