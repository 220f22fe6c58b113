// What may be pinned on the command line: ids, public keys, root certificates and authorities.
import type { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { decodeUtf8, utf8 } from '../base/bytes.ts';
import { DctError } from '../base/errors.ts';
import {
  asKeyId,
  certificatesIn,
  keyId,
  readAuthorities,
  readRootCertificate,
  type KeyId,
  type PublicKey,
} from '../tuf-client/index.ts';
import type { PinEntry } from './config-pins.ts';
import type { Context } from './context.ts';
import { idOfPublicKey } from './pins.ts';

/**
 * A key id as it is; a public key as the canonical id of the key; a root certificate, with or without its chain, as the id
 * that it has in `root.json`; an authority as the name of its file, which is read anew whenever it is needed.
 * @throws USAGE, KEY_REFUSED, DISK
 */
export async function pinEntry({ io }: Pick<Context, 'io'>, argument: string): Promise<PinEntry> {
  const id = asKeyId(argument.toLowerCase());
  if (id !== undefined) return { kind: 'id', id };
  const file = resolve(io.workingDirectory, argument);
  const bytes = await io.files.read(file);
  if (bytes === undefined)
    throw new DctError('USAGE', {
      problem: `"${argument}" is neither a key id nor a file`,
      hint: 'Key ids have 64 hexadecimal digits; those of a repository are shown by: dct verify IMAGE',
    });
  const text = decodeUtf8(bytes) ?? '';
  if (!text.includes('-----BEGIN CERTIFICATE-----'))
    return { kind: 'id', id: await idOfPublicKey(argument, bytes, io.clock.now()) };
  const certificates = certificatesIn(text);
  if (typeof certificates === 'string') throw refused(argument, certificates);
  if (certificates[0]?.ca !== true) return { kind: 'id', id: await idOfChain(certificates, argument) };
  const authorities = await readAuthorities(text);
  if (typeof authorities === 'string') throw refused(argument, authorities);
  return { kind: 'ca', file };
}

async function idOfChain(certificates: readonly X509Certificate[], file: string): Promise<KeyId> {
  const type = certificates[0]?.publicKey.asymmetricKeyType === 'rsa' ? 'rsa-x509' : 'ecdsa-x509';
  const key: PublicKey = { type, value: utf8(certificates.map(String).join('')) };
  const certificate = await readRootCertificate(key);
  if (typeof certificate === 'string') throw refused(file, certificate);
  return keyId(key);
}

function refused(what: string, problem: string): DctError {
  return new DctError('KEY_REFUSED', { what, problem });
}
