// Where replaced and removed key files go: nothing that dct does to a private key is beyond repair.
import { equalBytes } from '../base/bytes.ts';
import type { Files } from '../base/ports.ts';
import type { KeyId } from '../tuf-client/model/index.ts';
import { expectStored } from './key-file.ts';

/** Beside the version ledger; no collection's name begins like this. */
const archive = 'dct/_archive';

/**
 * Copies a key file into the archive; the same content is kept there once, so that a command that was killed in between can
 * be run again.
 * @returns the absolute path of the copy; undefined when there is no such key file
 * @throws DISK, DISK_UNSAFE
 */
export async function archiveKey(files: Files, path: string, keyId: KeyId): Promise<string | undefined> {
  const bytes = await files.read(path);
  if (bytes === undefined) return undefined;
  for (let number = 1; ; number++) {
    const copy = `${archive}/${keyId}${number === 1 ? '' : `-${number}`}.key`;
    const found = await files.read(copy);
    if (found !== undefined && !equalBytes(found, bytes)) continue;
    if (found === undefined) await files.create(copy, bytes);
    await expectStored(files, copy, bytes);
    return files.locate(copy);
  }
}
