// Looks after the keys: opens every one, says what depends on it, and what is wrong with the way it is kept (KS-06).
import { isDctError, type DctError } from '../base/errors.ts';
import type { FileAccess, Files } from '../base/ports.ts';
import { readCopies, type KeyCopy } from './copies.ts';
import {
  findKeys,
  privateDirectory,
  readKeyFile,
  type KeyFile,
  type KeyPlace,
  type StoredKey,
} from './key-file.ts';
import { findMentions, type Mention } from './mentions.ts';
import { passphraseProblem, type PassphraseSource } from './passphrase/index.ts';
import { unlockKey, type RememberedPassphrases } from './unlock.ts';

export interface CheckedKey {
  readonly key: StoredKey;
  /** Why it could not be opened; undefined when it signs. */
  readonly problem: DctError | undefined;
  /** What is wrong with the way it is kept, as sentences about it. */
  readonly warnings: readonly string[];
  /** The roles that cached trust data gives it. */
  readonly dependents: readonly Mention[];
  /** The latest export or backup that is known. */
  readonly copy: KeyCopy | undefined;
}

export interface KeyCheck {
  readonly keys: readonly CheckedKey[];
  /** Files that are no usable keys. */
  readonly unreadable: readonly DctError[];
  /** What is wrong with the directory. */
  readonly warnings: readonly string[];
}

export interface CheckDoors {
  readonly files: Files;
  readonly passphrases: PassphraseSource;
  /** Who may touch the file with this absolute path; undefined where nobody can tell. */
  readonly access: (file: string) => Promise<FileAccess | undefined>;
  /** Absolute paths of temporary files that a killed process has left. */
  readonly leftovers?: (() => Promise<readonly string[]>) | undefined;
}

/** Changes nothing. One bad key does not keep the others from being checked. @throws DISK, DISK_UNSAFE, INTERRUPTED */
export async function checkKeys(doors: CheckDoors): Promise<KeyCheck> {
  const { files, access } = doors;
  const { keys: places } = await findKeys(files);
  const [mentions, copies] = [await findMentions(files), await readCopies(files)];
  const remembered: RememberedPassphrases = new Map();
  const keys: CheckedKey[] = [];
  const unreadable: DctError[] = [];
  for (const place of [...places.values()].sort((a, b) => (a.keyId < b.keyId ? -1 : 1))) {
    const file = await readable(files, place, unreadable);
    if (file === undefined) continue;
    const { key } = file;
    const copy = copies.get(key.keyId);
    const opened = await open(file, doors.passphrases, remembered);
    const warnings = [...opened.warnings, ...accessWarnings(await access(key.file), 0o077)];
    if (key.role === 'root' && copy === undefined)
      warnings.push('no copy of it is known: lose this file, and its repositories can never be repaired');
    keys.push({ key, problem: opened.problem, warnings, dependents: mentions.get(key.keyId) ?? [], copy });
  }
  const left = (await doors.leftovers?.()) ?? [];
  const warnings = [
    ...accessWarnings(await access(files.locate(privateDirectory)), 0o077),
    ...left.map((file) => `${file} was left by a command that was killed; when all keys open, delete it`),
  ];
  return { keys, unreadable, warnings };
}

async function readable(files: Files, place: KeyPlace, unreadable: DctError[]): Promise<KeyFile | undefined> {
  try {
    return await readKeyFile(files, place);
  } catch (error) {
    if (!isDctError(error)) throw error;
    unreadable.push(error);
    return undefined;
  }
}

async function open(
  file: KeyFile,
  passphrases: PassphraseSource,
  remembered: RememberedPassphrases,
): Promise<{ readonly problem: DctError | undefined; readonly warnings: readonly string[] }> {
  try {
    const { passphrase } = await unlockKey(file, passphrases, remembered);
    return { problem: undefined, warnings: passphraseWarnings(passphrase) };
  } catch (error) {
    if (!isDctError(error) || error.family !== 'key') throw error;
    return { problem: error, warnings: [] };
  }
}

function passphraseWarnings(passphrase: string | undefined): string[] {
  if (passphrase === undefined) return ['it is not encrypted: whoever reads the file can sign'];
  const problem = passphraseProblem(passphrase);
  if (problem === undefined) return [];
  return [
    problem.code === 'PASSPHRASE_TOO_SHORT'
      ? 'its passphrase is shorter than 8 characters'
      : 'its passphrase is one of those that everybody tries first',
  ];
}

function accessWarnings(found: FileAccess | undefined, forbidden: number): string[] {
  if (found === undefined) return [];
  const bits = found.mode.toString(8).padStart(4, '0');
  return [
    ...((found.mode & forbidden) === 0 ? [] : [`other users may use it (mode ${bits}); let only yours`]),
    ...(found.mine ? [] : ['it belongs to another user']),
  ];
}
