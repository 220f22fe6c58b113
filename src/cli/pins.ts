// The pins in force: dct's own, then Notary's; with the files that they name read and checked.
import { join } from 'node:path';
import { decodeUtf8, utf8 } from '../base/bytes.ts';
import { DctError, isDctError } from '../base/errors.ts';
import type { Gun } from '../base/reference.ts';
import type { KeyId, Pin, PinnedAuthority } from '../tuf-client/index.ts';
import { canonicalKeyId, pinFor, readAuthorities } from '../tuf-client/index.ts';
import type { PinEntry } from './config-pins.ts';
import type { Io } from './io.ts';
import { parseNotaryPins, type NotaryPin } from './notary-pins.ts';
import type { Settings } from './settings.ts';

/** A pin together with where it came from. */
export interface StatedPin extends Pin {
  /** The configuration file that has it. */
  readonly source: string;
  readonly entries: readonly ResolvedEntry[];
}

export type ResolvedEntry =
  /** `file` when the id is that of a public key there. */
  | { readonly kind: 'id'; readonly id: KeyId; readonly file?: string }
  | { readonly kind: 'ca'; readonly file: string; readonly authorities: readonly PinnedAuthority[] };

export interface PinsInForce {
  readonly pins: readonly StatedPin[];
  /** False when our configuration or Notary's forbids trust on first use. */
  readonly firstUse: boolean;
}

type World = Pick<Io, 'clock' | 'files' | 'home'>;

/** @throws CONFIG_INVALID for a pin that cannot be read: it must not turn into no pin (RT-13); DISK */
export async function pinsInForce(
  io: World,
  { config, configFile }: Pick<Settings, 'config' | 'configFile'>,
): Promise<PinsInForce> {
  const ours = config.firstUse === 'accept';
  const own = [...config.pins].map(([pattern, entries]) => ({ pattern, entries, path: `$.pins.${pattern}` }));
  const pins = await resolvePins(io, configFile, 0, own);
  if (config.trustPinning === false) return { pins, firstUse: ours };

  const source = config.trustPinning ?? join(io.home, '.notary/config.json');
  const bytes = await io.files.read(source);
  if (bytes === undefined) {
    if (config.trustPinning === undefined) return { pins, firstUse: ours };
    throw unreadable(configFile, '$.trustPinning', `there is no file ${source}`);
  }
  const notary = parseNotaryPins(bytes, source);
  const theirs = [
    ...(await resolvePins(io, source, 1, notary.certs)),
    ...(await resolvePins(io, source, 2, notary.ca)),
  ];
  return { pins: [...pins, ...theirs], firstUse: ours && !notary.disableTofu };
}

/** The pin that decides about a repository. */
export function decidingPin({ pins }: PinsInForce, gun: Gun): StatedPin | undefined {
  return pinFor(gun, pins);
}

async function resolvePins(
  io: World,
  source: string,
  tier: number,
  stated: readonly NotaryPin[],
): Promise<readonly StatedPin[]> {
  return Promise.all(
    stated.map(async ({ pattern, entries, path }) => {
      const resolved = await Promise.all(
        entries.map((entry, index) => resolveEntry(io, entry, source, `${path}[${index}]`)),
      );
      const keys = resolved.flatMap((entry) => (entry.kind === 'id' ? [entry.id] : []));
      const authorities = resolved.flatMap((entry) => (entry.kind === 'ca' ? entry.authorities : []));
      return { pattern, keys, authorities, tier, source, entries: resolved };
    }),
  );
}

/** @throws CONFIG_INVALID, DISK */
export async function resolveEntry(
  io: World,
  entry: PinEntry,
  source: string,
  path: string,
): Promise<ResolvedEntry> {
  if (entry.kind === 'id') return entry;
  const file = 'file' in entry ? entry.file : undefined;
  const bytes = 'pem' in entry ? utf8(entry.pem) : await io.files.read(entry.file);
  if (bytes === undefined) throw unreadable(source, path, `there is no file ${file ?? ''}`);
  if (entry.kind === 'ca') {
    const authorities = await readAuthorities(decodeUtf8(bytes) ?? '');
    if (typeof authorities !== 'string') return { ...entry, authorities };
    throw unreadable(source, path, `${entry.file}: ${authorities}`);
  }
  const id = await idOfPublicKey(file ?? 'the public key', bytes, io.clock.now()).catch((error: unknown) => {
    if (!isDctError(error, 'KEY_REFUSED')) throw error;
    throw new DctError('CONFIG_INVALID', { file: source, path, problem: error.message }, error);
  });
  return { kind: 'id', id, ...(file !== undefined && { file }) };
}

/** The canonical id, under which a root key is known whatever certificate it wears. @throws KEY_REFUSED */
export async function idOfPublicKey(file: string, bytes: Uint8Array, now: number): Promise<KeyId> {
  const { readPublicKeyFile } = await import('../tuf-client/author/index.ts');
  const key = readPublicKeyFile(file, bytes, now);
  const id = canonicalKeyId(key);
  if (id !== undefined && key.type !== 'ed25519') return id;
  throw new DctError('KEY_REFUSED', { what: file, problem: 'root keys are ECDSA or RSA keys' });
}

function unreadable(file: string, path: string, problem: string): DctError {
  return new DctError('CONFIG_INVALID', { file, path, problem });
}
