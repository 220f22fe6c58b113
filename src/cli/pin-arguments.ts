// What may be pinned on the command line: ids, public keys, root certificates and authorities.
import { resolve } from 'node:path';
import { decodeUtf8 } from '../base/bytes.ts';
import { DctError } from '../base/errors.ts';
import {
  asKeyId,
  certificatesIn,
  keyId,
  readAuthorities,
  readRootCertificate,
  type KeyId,
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
  if (certificates[0]?.ca !== true) return { kind: 'id', id: await idOfChain(argument, bytes) };
  const authorities = await readAuthorities(text);
  if (typeof authorities === 'string') throw refused(argument, authorities);
  return { kind: 'ca', file };
}

async function idOfChain(file: string, bytes: Uint8Array): Promise<KeyId> {
  const { readCertificateFile } = await import('../tuf-client/author/index.ts');
  const key = readCertificateFile(file, bytes);
  const certificate = await readRootCertificate(key);
  if (typeof certificate === 'string') throw refused(file, certificate);
  return keyId(key);
}

function refused(what: string, problem: string): DctError {
  return new DctError('KEY_REFUSED', { what, problem });
}
