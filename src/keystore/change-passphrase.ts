// A new passphrase for a key: its old file stands until the new one was written, read back and opened (KS-07).
import { equalBytes, utf8 } from '../base/bytes.ts';
import { DctError } from '../base/errors.ts';
import type { Files } from '../base/ports.ts';
import { expectStored, readKeyFile, type KeyPlace } from './key-file.ts';
import { passphraseProblem, type PassphraseSource } from './passphrase/index.ts';
import { writePem } from './pem.ts';
import { passphraseMissing, unlock, unlockKey } from './unlock.ts';

export interface ChangeDoors {
  readonly files: Files;
  /** What opens the key now. */
  readonly passphrases: PassphraseSource;
  /** Where the new passphrase comes from: another source, or the key would get the one that it has. */
  readonly newPassphrases: PassphraseSource;
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  /** PBKDF2 rounds that shall guard the key at least; then it may keep its passphrase (P-67). */
  readonly rounds?: number | undefined;
}

/** Not a name that Docker or Notary look for; a killed process may leave one, and the next change takes it away. */
const staged = (path: string): string => `${path}.new`;

/**
 * Encrypts the key anew. A plain key gets its first passphrase.
 * @throws the errors of unlocking; PASSPHRASE_MISSING, PASSPHRASE_TOO_SHORT, PASSPHRASE_WEAK, KEY_CHANGED, DISK
 */
export async function changePassphrase(doors: ChangeDoors, place: KeyPlace): Promise<void> {
  const { files, exclusively } = doors;
  const { path, keyId } = place;
  const before = await files.read(path);
  const locked = await readKeyFile(files, place);
  const { role, gun } = locked.key;
  const old = await unlockKey(locked, doors.passphrases, new Map());

  const request = {
    keyId,
    role,
    ...(gun === undefined ? {} : { gun }),
    purpose: 'create',
    attempt: 0,
  } as const;
  const passphrase = (await doors.newPassphrases.get(request))?.passphrase;
  if (passphrase === undefined) throw passphraseMissing(locked.key);
  const problem = passphraseProblem(passphrase);
  if (problem !== undefined) throw problem;
  if (passphrase === old.passphrase && doors.rounds === undefined)
    throw new DctError('PASSPHRASE_WEAK', { problem: 'it is the one that the key has' });

  const headers = new Map(
    [...locked.block.headers].filter(([name]) => !/^(?:Proc-Type|DEK-Info)$/.test(name)),
  );
  const secret = utf8(passphrase);
  const bytes = writePem(await old.relock(secret, headers, doors.rounds));
  secret.fill(0);

  await exclusively(async () => {
    const now = await files.read(path);
    if (now === undefined || before === undefined || !equalBytes(now, before))
      throw new DctError('KEY_CHANGED', { file: files.locate(path) });
    await files.write(staged(path), bytes);
    await expectStored(files, staged(path), bytes);
    const successor = await readKeyFile(files, { ...place, path: staged(path) });
    await unlock(successor, { get: () => Promise.resolve(undefined) }, new Map([[role, passphrase]]));
    await files.write(path, bytes);
    await expectStored(files, path, bytes);
    await files.remove(staged(path));
  });
}
