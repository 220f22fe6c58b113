// `--key` of a rotation: a key of the trust directory by its id or its public half, or a private key that is taken in first.
import { resolve } from 'node:path';
import { decodeUtf8 } from '../base/bytes.ts';
import { DctError } from '../base/errors.ts';
import type { Gun } from '../base/reference.ts';
import { canonicalKeyId, type KeyId } from '../tuf-client/index.ts';
import type { Context } from './context.ts';
import { keySources, nameOf } from './key-sources.ts';
import { publicKeys } from './public-keys.ts';

export interface KeyPurpose {
  readonly role: string;
  readonly gun: Gun;
  readonly dryRun: boolean;
}

/** @throws KEY_UNKNOWN, KEY_AMBIGUOUS, KEY_REFUSED, USAGE, and what importing throws */
export async function rotationKey(context: Context, text: string, purpose: KeyPurpose): Promise<KeyId> {
  const { io, services } = context;
  if (/^[0-9a-f]{7,64}$/.test(text)) return (await (await services.keyKeeper()).find(text)).keyId;
  const bytes = await io.files.read(resolve(io.workingDirectory, text));
  if (bytes !== undefined && /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(decodeUtf8(bytes) ?? ''))
    return takeIn(context, text, purpose);
  const id = await idOfPublicKey(context, text);
  const [held] = await (await services.keyStore()).held([id]);
  if (held === undefined) throw new DctError('KEY_UNKNOWN', { keyId: id });
  return held;
}

/** As `dct key import` does it: a key signs from the trust directory, or not at all. */
async function takeIn(
  { io, services, console, interruption }: Context,
  file: string,
  { role, gun, dryRun }: KeyPurpose,
): Promise<KeyId> {
  const refuse = (problem: string): DctError => new DctError('KEY_REFUSED', { what: file, problem });
  const sources = await keySources({ io }, [file]);
  const prepared = await (await services.keyKeeper()).prepareImport(sources, { defaultRole: role, gun });
  const [key, ...others] = prepared.keys;
  if (key === undefined || others.length > 0) throw refuse('it holds more than one key');
  if (key.role !== role) throw refuse(`it is a ${key.role} key, and a ${role} key is wanted`);
  if (key.gun !== undefined && key.gun !== gun) throw refuse(`it is the ${role} key of ${key.gun}`);
  if (key.state === 'present') return key.keyId;
  if (dryRun)
    throw new DctError('USAGE', {
      problem: `the key in ${file} is not in the trust directory yet, and --dry-run does not put it there`,
      hint: `Take it in first: dct key import --role ${role} --gun ${gun} ${file}`,
    });
  await interruption.undisturbed(() => prepared.store());
  console.info(`imported ${nameOf(key)}`);
  return key.keyId;
}

async function idOfPublicKey(context: Context, file: string): Promise<KeyId> {
  const [key] = await publicKeys(context, [file]);
  const id = key && canonicalKeyId(key);
  if (id === undefined) throw new DctError('KEY_REFUSED', { what: file, problem: 'its key cannot be used' });
  return id;
}
