// Mutants that change nothing anybody could see, each with the reason. They count neither way.

interface Equivalent {
  readonly path: string;
  /** As `npm run mutate` prints it. */
  readonly change: string;
  /** Which one of those in the file that read like this; the first when left out. */
  readonly nth?: number;
  readonly why: string;
}

/** Excuses for files of one folder. */
const below =
  (folder: string) =>
  (file: string, change: string, why: string): Equivalent => ({ path: `${folder}/${file}`, change, why });
const inTrust = below('src/tuf-client/trust');
const inCrypto = below('src/tuf-client/crypto');
const inKeystore = below('src/keystore');
const inRegistry = below('src/registry');
const inHttp = below('src/http');
const inDisk = below('src/disk');
const inPolicy = below('src/proxy/policy');
const inServe = below('src/proxy/serve');
const inContent = below('src/proxy/content');
const inCache = below('src/blob-cache');

const sameKeysCounted =
  'acceptRoot has counted the same signatures with all of these keys, so that only outdated ones can be missing';
const opensslReadIt =
  'OpenSSL has read the certificate before, and takes no extension that is not an id, perhaps a flag, and an octet string';
const childDecided =
  'a fault of a delegation further down was weighed there by the same codes, and those without which nothing goes have no delegation above them';
const onlyProblems = 'parseJson throws nothing but JsonProblem';
const eachImpliesOther = 'the two operands hold together or not at all; the compiler needs both';

export const equivalent: readonly Equivalent[] = [
  inTrust('accept-root.ts', 'outdated === undefined → false', sameKeysCounted),
  inTrust('accept-root.ts', 'life === undefined → false', sameKeysCounted),
  inTrust('accept-root.ts', 'outdated === undefined || life === undefined → false', sameKeysCounted),
  inTrust(
    'accept-root.ts',
    'key === undefined → false',
    'readRoot lets no role list a key that is not in the table',
  ),
  inTrust(
    'accept-root.ts',
    'problem !== undefined → true',
    'readRoot lets no role be without keys, and a key that is not usable has its problem',
  ),
  inTrust(
    'accept.ts',
    'bytes === undefined → false',
    'no bytes are read as an empty text, which tells as little as any damaged file',
  ),
  inTrust('accept.ts', 'isDctError(error) → true', 'nothing else has a family'),
  inTrust('accept.ts', "error.family === 'trust' → true", 'reading a file throws no error of another family'),
  inTrust('delegations.ts', "error.facts['role'] !== role → false", childDecided),
  inTrust('delegations.ts', "!isDctError(error) || error.facts['role'] !== role → false", childDecided),
  inTrust(
    'update.ts',
    '!isOutage(error) → false',
    'what is no outage is thrown once more by the first thing that is asked for',
  ),
  inTrust('follow.ts', 'meta === undefined → false', 'readSnapshot lets no snapshot be without targets'),
  inTrust('run.ts', 'meta !== undefined → true', 'readSnapshot lets no snapshot be without root'),
  inTrust('pin-certificate.ts', 'extensions === undefined → false', opensslReadIt),
  inTrust('pin-certificate.ts', '!(id instanceof asn1.ObjectIdentifier) → false', opensslReadIt),
  inTrust('pin-certificate.ts', '!(content instanceof asn1.OctetString) → false', opensslReadIt),
  inTrust(
    'pin-certificate.ts',
    '!(id instanceof asn1.ObjectIdentifier) || !(content instanceof asn1.OctetString) → false',
    opensslReadIt,
  ),
  inTrust('repair.ts', "!isDctError(error, 'EXPIRED') → false", 'checkNotExpired throws nothing else'),
  inTrust('pin-chain.ts', 'last === undefined → false', 'every chain begins with its leaf'),
  inCrypto('certificate.ts', 'leaf === undefined → false', 'there is one block at least at this point'),
  inCrypto(
    'certificate.ts',
    'algorithm === undefined → false',
    'OpenSSL has read the certificate before, and takes none without a signature algorithm',
  ),
  inCrypto(
    'key-id.ts',
    "material.kind === 'ed25519' → false",
    'keyMaterial makes no Ed25519 key of a certificate',
  ),
  inCrypto(
    'key-material.ts',
    "key.asymmetricKeyType !== 'ec' → false",
    'no other kind of key has a named curve',
  ),
  inCrypto(
    'verify.ts',
    'verifier === undefined → false',
    'to call nothing throws, and whatever throws there verifies nothing',
  ),
  inKeystore('bundle.ts', 'mode !== undefined → true', 'undefined & 0o077 is 0'),
  inKeystore('bundle.ts', 'form === null → false', eachImpliesOther),
  inKeystore('bundle.ts', 'keyId === undefined → false', eachImpliesOther),
  inKeystore('key-file.ts', 'old === null → false', eachImpliesOther),
  inKeystore('key-file.ts', 'keyId === undefined → false', eachImpliesOther),
  { ...inKeystore('check-keys.ts', '!isDctError(error) → false', 'nothing else has a family'), nth: 2 },
  inKeystore(
    'mentions.ts',
    'bytes === undefined → false',
    'no bytes are read as an empty text, which is left out like any file that is no metadata',
  ),
  inKeystore(
    'private-key.ts',
    'members(parseDer(der)).length < 9 → false',
    'OpenSSL takes no RSAPrivateKey with fewer members',
  ),
  inKeystore('copies.ts', 'error instanceof JsonProblem → true', onlyProblems),
  inRegistry('manifest.ts', '!(error instanceof JsonProblem) → false', onlyProblems),
  inRegistry('descriptor.ts', "typeof size !== 'number' → false", 'nothing but numbers are safe integers'),
  inRegistry(
    'manifest.ts',
    "typeof mediaType !== 'string' → false",
    'the table has no kinds but texts; the compiler needs it',
  ),
  inHttp(
    'credentials.ts',
    'text === undefined → false',
    'without a text there is no colon in it, so that the other operand says the same',
  ),
  inHttp(
    'proxy-choice.ts',
    'family !== isIP(host) → false',
    'a block holds no address that is not of its family, and Node says so without an error',
  ),
  inHttp(
    'retry.ts',
    "'code' in cause → true",
    'no code is read as undefined, which is none of the fleeting ones; the compiler needs it',
  ),
  inHttp(
    'transport.ts',
    'ca === undefined && clientCert === undefined && clientKey === undefined → false',
    'a context made of nothing has Node’s defaults as well, and costs time',
  ),
  inDisk(
    'path.ts',
    'await isDirectory(path) → false',
    'mkdir refuses what exists, and what it is is looked at after that as well; a call is saved',
  ),
  inDisk('path.ts', 'exists → false', 'mkdir refuses what exists; a call for each directory above is saved'),
  inServe(
    'exchange.ts',
    'response.writableLength === 0 → false',
    'a wait for what the kernel has already ends at once; a timer and a turn are saved',
  ),
  inServe(
    'password-hash.ts',
    'error === null → true',
    'what is no key can be neither compared nor written down: both throw',
  ),
  inServe('request-target.ts', "pair === '' → false", 'nobody asks for the parameter without a name'),
  inServe(
    'route.ts',
    'item === undefined → false',
    'where there is no item there is no repository either; the compiler needs it',
  ),
  inServe(
    'tunnel.ts',
    'socket.destroyed → false',
    'nothing reaches a client that has left, and what was made for it goes with it',
  ),
  inServe(
    'users.ts',
    "!('authorized' in socket) → false",
    'what is not there is not true either; the compiler needs it',
  ),
  inContent('bell.ts', 'woken.length === 0 → false', 'a list is saved, and nobody woken either way'),
  inContent('blob.ts', 'isDctError(error) → true', 'nothing else has a family'),
  { ...inContent('blob.ts', 'isDctError(error) → true', 'nothing else has a family'), nth: 2 },
  inContent(
    'flight.ts',
    'size !== undefined → true',
    'a share of what is not known is not a number, and nothing is as much as that',
  ),
  inContent(
    'range.ts',
    "'from' in range → true",
    'a range of the last bytes begins at no number; the compiler needs it',
  ),
  inPolicy('gate.ts', '!isDctError(error) → false', 'nothing else has a family'),
  inPolicy(
    'pattern.ts',
    'host === undefined → false',
    'no text is split into nothing; the compiler needs it',
  ),
  inPolicy(
    'read-policy.ts',
    '!(error instanceof JsonProblem) → false',
    'reading a policy throws nothing but JsonProblem',
  ),
  inPolicy(
    'signers.ts',
    'role === undefined → false',
    'no delegation has the name undefined, so that the other operand says the same',
  ),
  inPolicy(
    'trust-view.ts',
    'confirmedAt !== undefined → true',
    'the age of what was never confirmed is not a number, and so below no bound',
  ),
  inPolicy(
    'trust-view.ts',
    'oldest !== undefined → true',
    'one refusal at least is remembered at this point',
  ),
  inCache('disk-cache.ts', 'size !== undefined → true', 'undefined is not larger than any bound'),
];
