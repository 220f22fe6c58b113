// Files that people take for a private key of Notary's and are not: named, so that the message helps (KS-12).

const beginnings: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^\s*\{/, 'it is JSON (a JWK?); write the key as PEM'],
  [/^(?:ssh-|ecdsa-sha2-)/, 'it is the public half of an SSH key'],
  [/^PuTTY-User-Key-File/, 'it is a PuTTY key; export it as OpenSSL PEM'],
  [/^-----BEGIN PGP /, 'it is a PGP key'],
  [
    /^-----BEGIN OPENSSH PRIVATE KEY/,
    'it is an OpenSSH key; convert a copy with: ssh-keygen -p -m PEM -f COPY',
  ],
  [/^-----BEGIN DSA PRIVATE KEY/, 'it is a DSA key, and nobody accepts its signatures'],
  // SEQUENCE { INTEGER 3: PKCS#12 (RFC 7292 4).
  [
    /^\x30(?:[\0-\x7f]|[\x80-\xff]{1,5}?)?[\s\S]{0,4}?\x02\x01\x03/,
    'it is PKCS#12; convert it with: openssl pkcs12 -nodes',
  ],
  [/^\x30/, 'it is DER; convert it with: openssl pkey -inform DER'],
];

/** What the file is instead, as the end of a sentence; undefined when that cannot be told. */
export function foreignFormat(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 64)).toString('latin1');
  return beginnings.find(([pattern]) => pattern.test(head))?.[1];
}
