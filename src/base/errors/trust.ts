// Refusals for reasons of trust: exit code 3, the proxy's 403. Never retried and never answered from a cache.
import { define } from './define.ts';

const attack =
  'Do not use the image. If the repository was changed on purpose, ask its owner for the new trust data; otherwise treat this as an attack.';

/** What looks like an attack may also be a repository that its owner has deleted and made again (RT-15). */
const attackOrAnew = (f: { gun: string }): string =>
  `${attack} Only if the owner confirms that the repository was deleted and begun anew: dct forget ${f.gun} --root`;

export const trustErrors = {
  NO_TRUST_DATA: define(
    'trust',
    (f: { gun: string }) => `there is no trust data for ${f.gun}`,
    (f) => `Nobody has signed anything in this repository. Its owner can begin with: dct sign ${f.gun}:TAG`,
  ),
  TRUST_DATA_GONE: define(
    'trust',
    (f: { gun: string; role: string }) =>
      `the trust server no longer has ${f.role} metadata for ${f.gun}, which it had before`,
    () =>
      'The data was deleted or is being hidden. Ask the owner of the repository or the operator of the trust server.',
  ),
  NOT_SIGNED: define(
    'trust',
    (f: { gun: string; tag: string; roles: string }) =>
      `${f.gun}:${f.tag} is not signed (looked in ${f.roles})`,
    (f) => `See what is signed with: dct list ${f.gun}`,
  ),
  DIGEST_NOT_SIGNED: define(
    'trust',
    (f: { gun: string; reference: string; digest: string; signed: string }) =>
      `${f.reference} is not signed as ${f.digest} (${f.signed})`,
    (f) => `Do not use that content. See what is signed with: dct list ${f.gun}`,
  ),
  NOT_SIGNED_BY: define(
    'trust',
    (f: { gun: string; tag: string; signer: string; problem: string }) =>
      `${f.gun}:${f.tag} is not signed by ${f.signer} as it is released: ${f.problem}`,
    (f) => `See who has signed it with: dct inspect ${f.gun}:${f.tag}`,
  ),
  UNKNOWN_GUN: define(
    'trust',
    (f: { gun: string; rootKeys: string }) =>
      `${f.gun} has never been trusted on this machine (the server offers root key ${f.rootKeys})`,
    (f) =>
      `Compare that key with the owner's, then pin it: dct pin add ${f.gun} ${f.rootKeys.replaceAll(',', '')}   (or trust what is offered: dct verify ${f.gun}, proxies with --tofu)`,
  ),
  TRUST_STATE_MISSING: define(
    'trust',
    (f: { gun: string; rootVersion: number; since: string }) =>
      `the trusted root of ${f.gun} (version ${f.rootVersion}, trusted since ${f.since}) is missing from this machine, and the server's root does not continue it`,
    (f) =>
      `Restore the trust directory from a backup. Only if the owner confirms the new root key: dct forget ${f.gun} --root`,
  ),
  MALFORMED: define(
    'trust',
    (f: { what: string; path: string; problem: string }) =>
      `${f.what} is malformed at ${f.path}: ${f.problem}`,
    () =>
      'The server sent something that is not valid metadata. Check the server address; if it is right, ask its operator.',
  ),
  THRESHOLD: define(
    'trust',
    (f: { role: string; needed: number; valid: number; keys: string; signatures?: number }) =>
      `${f.role} metadata carries ${f.valid} valid signature(s) of the ${f.needed} needed (accepted keys: ${f.keys})`,
    (f) =>
      f.keys === 'none'
        ? `Nobody may sign it any more, which is what docker trust leaves when the last signer goes. Its owner looks at it and signs it: dct witness IMAGE ${f.role}`
        : attack,
  ),
  KEY_ID_MISMATCH: define(
    'trust',
    (f: { role: string; listed: string; computed: string }) =>
      `${f.role} metadata lists a key as ${f.listed}, but its content has the id ${f.computed}`,
    () => attack,
  ),
  PRIVATE_KEY_PUBLISHED: define(
    'trust',
    (f: { role: string; keyId: string }) => `${f.role} metadata contains the PRIVATE half of key ${f.keyId}`,
    () => 'That key is compromised. Tell the owner of the repository to rotate it at once.',
  ),
  ROLLBACK: define(
    'trust',
    (f: { gun: string; role: string; trusted: number; offered: number }) =>
      `${f.role} metadata of ${f.gun} was rolled back: version ${f.offered} is offered, version ${f.trusted} was seen before`,
    attackOrAnew,
  ),
  VERSION_EXHAUSTED: define(
    'trust',
    (f: { gun: string; role: string; version: number }) =>
      `${f.role} of ${f.gun} has version ${f.version}, and no client counts any further`,
    (f) =>
      `Somebody with a key of ${f.role} drove it up, and no new key brings it back: servers only take higher ones. Have the repository deleted on the trust server and sign anew; then readers run: dct forget ${f.gun} --root`,
  ),
  SAME_VERSION_CHANGED: define(
    'trust',
    (f: { gun: string; role: string; version: number }) =>
      `${f.role} metadata of ${f.gun} changed its content but kept version ${f.version}`,
    attackOrAnew,
  ),
  EXPIRED: define(
    'trust',
    (f: { gun: string; role: string; expires: string; now: string }) =>
      `${f.role} metadata of ${f.gun} expired at ${f.expires} (it is ${f.now} now)`,
    (f) =>
      `Check the clock of this machine. If it is right, ${f.role.startsWith('targets') ? `the owner has to sign it again: dct witness ${f.gun} ${f.role}` : 'the owner of the repository has to publish again.'}`,
  ),
  CERTIFICATE_EXPIRED: define(
    'trust',
    (f: { gun: string; keyId: string; authority?: string; from: string; until: string; now: string }) =>
      `${f.authority === undefined ? '' : `the certificate of ${f.authority}, which vouches for `}the root certificate ${f.keyId} of ${f.gun}${f.authority === undefined ? '' : ','} is valid from ${f.from} to ${f.until}, not now (${f.now})`,
    () =>
      'Check the clock of this machine. If it is right, the owner has to publish a new root certificate, and you have to pin it.',
  ),
  CERTIFICATE_NAME: define(
    'trust',
    (f: { gun: string; name: string }) => `the root certificate was issued for "${f.name}", not for ${f.gun}`,
    () => attack,
  ),
  CERTIFICATE_REFUSED: define(
    'trust',
    (f: { gun: string; keyId: string; problem: string }) =>
      `root key ${f.keyId} of ${f.gun} cannot be used: ${f.problem}`,
    () => 'The owner of the repository has to publish a root with a usable certificate.',
  ),
  CONTENT_MISMATCH: define(
    'trust',
    (f: { what: string; property: string; expected: string; actual: string }) =>
      `${f.what} does not match its signed ${f.property}: expected ${f.expected}, got ${f.actual}`,
    () => attack,
  ),
  ROOT_ROTATION: define(
    'trust',
    (f: { gun: string; from: number; to: number }) =>
      `root version ${f.to} of ${f.gun} is not signed by the trusted root version ${f.from}`,
    (f) =>
      `The repository was re-created with other keys, or somebody is pretending to own it. Only if the owner confirms the new root key: dct forget ${f.gun} --root`,
  ),
  ROOT_GAP: define(
    'trust',
    (f: { gun: string; expected: number; problem: string }) =>
      `root version ${f.expected} of ${f.gun} is missing from the chain: ${f.problem}`,
    attackOrAnew,
  ),
  PIN_MISMATCH: define(
    'trust',
    (f: { gun: string; offered: string; pin: string; problem?: string }) =>
      `root key ${f.offered} of ${f.gun} is not the pinned one (${f.pin})${f.problem === undefined ? '' : `: ${f.problem}`}`,
    (f) =>
      `Do not use the image. Only if its owner confirms the key: dct pin add ${f.gun} ${f.offered.replaceAll(',', '')} --force   (what is pinned now: dct pin show ${f.gun})`,
  ),
  ROLE_REMOVED: define(
    'trust',
    (f: { gun: string; role: string }) =>
      `${f.role} of ${f.gun} is still delegated, but its metadata disappeared from the snapshot`,
    () => attack,
  ),
  ROLE_MISSING: define(
    'trust',
    (f: { gun: string; role: string }) =>
      `the snapshot of ${f.gun} names ${f.role} metadata that the server does not have`,
    () =>
      'A publication may have been interrupted on the server. Try again; if it stays, ask the operator of the trust server.',
  ),
  LIMIT: define(
    'trust',
    (f: { what: string; limit: string; bound: number }) =>
      `${f.what} exceeds the bound for ${f.limit} (${f.bound})`,
    () => 'Honest servers stay far below this bound. Check the server address, then ask its operator.',
  ),
  NOT_METADATA: define(
    'trust',
    (f: { url: string; problem: string }) => `${f.url} did not answer with metadata: ${f.problem}`,
    () => 'Check that the address is that of a Notary v1 server; a proxy or login page may stand in between.',
  ),
  MANIFEST_REFUSED: define(
    'trust',
    (f: { reference: string; problem: string }) => `the manifest of ${f.reference} is refused: ${f.problem}`,
    () => attack,
  ),
  REFERRERS_REFUSED: define(
    'trust',
    (f: { reference: string; problem: string }) =>
      `the list of what refers to ${f.reference} is refused: ${f.problem}`,
    () => 'Whoever may push to that repository may have written it; ask the operator of the registry.',
  ),
  SIGNED_MANIFEST_MISSING: define(
    'trust',
    (f: { gun: string; tag: string; digest: string }) =>
      `${f.gun}:${f.tag} is signed as ${f.digest}, but the registry does not have that manifest`,
    () =>
      'The registry lost, deleted or hides what was signed. Push it again, or sign what shall take its place.',
  ),
  TARGET_UNUSABLE: define(
    'trust',
    (f: { gun: string; tag: string; problem: string }) =>
      `the signed entry for ${f.gun}:${f.tag} cannot be used: ${f.problem}`,
    (f) => `Whoever signed it has to sign again: dct sign ${f.gun}:${f.tag}`,
  ),
  NOT_PERSISTED: define(
    'trust',
    (f: { gun: string; role: string; problem: string }) =>
      `the trust server accepted the publication of ${f.gun}, but does not serve it: ${f.role}: ${f.problem}`,
    () =>
      'Nothing is lost here. Run the same command again; if it stays, ask the operator of the trust server.',
  ),
  SERVER_KEY_REFUSED: define(
    'trust',
    (f: { gun: string; role: string; problem: string }) =>
      `the ${f.role} key that the trust server offers for ${f.gun} is refused: ${f.problem}`,
    () => 'Nothing was created. Check the server address, then ask its operator.',
  ),
  CLOCK_SKEW: define(
    'trust',
    (f: { server: string; here: string }) =>
      `this machine's clock (${f.here}) and the trust server's (${f.server}) differ by more than a day`,
    () => 'Correct the clock; otherwise everything signed now would expire at the wrong time.',
  ),
  BUNDLE_REFUSED: define(
    'trust',
    (f: { what: string; problem: string }) => `${f.what} is refused: ${f.problem}`,
    () => 'Nothing was signed and nothing was published. Ask whoever sent the bundle for the original file.',
  ),
  PUBLISH_REFUSED: define(
    'trust',
    (f: { gun: string; status: number; detail: string }) =>
      `the trust server refused the publication of ${f.gun} (HTTP ${f.status}): ${f.detail}`,
    () => 'Nothing was changed. Check that you hold the right keys for this repository with: dct key list',
  ),
  TRUST_NOT_ENFORCED: define(
    'trust',
    (f: { runtime: string; image: string; kind: string }) =>
      `trust is not enforced: ${f.runtime} did with the ${f.kind} image ${f.image} what it must not do`,
    () => 'Compare the settings of the runtime with `dct proxy config`; a mirror is never enough.',
  ),
};
