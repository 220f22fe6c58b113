// Public keys as people hand them to the owner of a repository: PEM `PUBLIC KEY`, or a certificate (dialect 12.7).
import { X509Certificate, createPublicKey, type KeyObject } from 'node:crypto';
import { decodeUtf8, fromBase64, utf8 } from '../../base/bytes.ts';
import { DctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { certificateKeyType, certificatePem, keyMaterial } from '../crypto/index.ts';
import type { PublicKey } from '../model/index.ts';

const block = /^-----BEGIN ([A-Z0-9 ]+)-----\r?\n([\s\S]*?)-----END \1-----/;

/** Label and content of every PEM block; none when one has no end. Looks at every character once, whatever begins in it. */
function blocksIn(bytes: Uint8Array): readonly (readonly [label: string, content: string])[] {
  const pieces = (decodeUtf8(bytes) ?? '')
    .split(/(?=-----BEGIN )/)
    .filter((piece) => piece.startsWith('-----B'));
  const blocks = pieces.map((piece) => block.exec(piece));
  if (blocks.includes(null)) return [];
  return blocks.map((match) => [match?.[1] ?? '', match?.[2] ?? '']);
}

/**
 * The one key in a file. `file` names it in errors; `now` is when a certificate has to be valid.
 * @throws KEY_REFUSED for private keys, several keys, expired certificates, and keys that dct cannot use
 */
export function readPublicKeyFile(file: string, bytes: Uint8Array, now: number): PublicKey {
  const refuse = (problem: string): DctError => new DctError('KEY_REFUSED', { what: file, problem });
  if (bytes.byteLength > limits.keyFileBytes) throw refuse('it is too large for a public key');
  const blocks = blocksIn(bytes);
  const [first] = blocks;
  if (first === undefined) throw refuse('it holds no PEM block');
  if (blocks.some(([label]) => label.includes('PRIVATE KEY')))
    throw refuse('it holds a private key. Hand out the public half only');
  if (blocks.length > 1) throw refuse('it holds more than one key');
  const [label, content] = first;
  if (label !== 'PUBLIC KEY' && label !== 'CERTIFICATE') throw refuse(`it holds a ${label}`);
  // Headers end at a blank line; Docker writes the signer's name there.
  const der = fromBase64((content.split(/\r?\n\r?\n/).at(-1) ?? '').replace(/\s/g, ''));
  const key = der && (label === 'CERTIFICATE' ? fromCertificate(der, now, refuse) : fromSpki(der));
  if (key === undefined || keyMaterial(key) === undefined) throw refuse('it is not a usable public key');
  return key;
}

/**
 * A root certificate with the chain behind it, in the one text that has the same key id everywhere (dialect 4.4).
 * @throws KEY_REFUSED
 */
export function readCertificateFile(file: string, bytes: Uint8Array): PublicKey {
  const refuse = (problem: string): DctError => new DctError('KEY_REFUSED', { what: file, problem });
  if (bytes.byteLength > limits.keyFileBytes) throw refuse('it is too large for a certificate');
  const blocks = blocksIn(bytes);
  if (blocks.length === 0) throw refuse('it holds no PEM block');
  const ders = blocks.map(([label, content]) => {
    const der = label === 'CERTIFICATE' ? fromBase64(content.replace(/\s/g, '')) : undefined;
    if (der === undefined) throw refuse(`it holds a ${label}, or a certificate that is damaged`);
    return der;
  });
  const leaf = parsed(() => new X509Certificate(Buffer.from(ders[0] as Uint8Array)));
  const type = leaf && kindOf(certificateKeyType(leaf));
  if (type === undefined || type === 'ed25519')
    throw refuse('it is not the certificate of a usable root key');
  return { type: `${type}-x509`, value: utf8(ders.map((der) => certificatePem(der)).join('')) };
}

function fromSpki(der: Uint8Array): PublicKey | undefined {
  const key = parsed(() => createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' }));
  const type = key && kindOf(key.asymmetricKeyType);
  // The raw key stands at the end of Ed25519's SubjectPublicKeyInfo (RFC 8410).
  return type && { type, value: type === 'ed25519' ? der.slice(-32) : der };
}

function fromCertificate(
  der: Uint8Array,
  now: number,
  refuse: (problem: string) => DctError,
): PublicKey | undefined {
  const certificate = parsed(() => new X509Certificate(Buffer.from(der)));
  const type = certificate && kindOf(certificateKeyType(certificate));
  if (certificate === undefined || type === undefined || type === 'ed25519') return undefined;
  if (Date.parse(certificate.validTo) <= now) throw refuse('the certificate has expired');
  return { type: `${type}-x509`, value: utf8(certificatePem(der)) };
}

function kindOf(type: KeyObject['asymmetricKeyType']): 'ecdsa' | 'rsa' | 'ed25519' | undefined {
  if (type === 'ec') return 'ecdsa';
  return type === 'rsa' || type === 'ed25519' ? type : undefined;
}

function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    // OpenSSL's reasons depend on its version; the caller names the file.
    return undefined;
  }
}
