// Edits the configuration file: one process at a time, whole or not at all, and never into something that is not valid.
import { realpath } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { decodeUtf8, utf8 } from '../base/bytes.ts';
import { accessOf } from '../disk/access.ts';
import { systemCalls, withMode, type WriteCalls } from '../disk/atomic.ts';
import { diskError, systemCode } from '../disk/failure.ts';
import { openDirectory } from '../disk/files.ts';
import { withLock } from '../disk/lock.ts';
import { parseConfig, type Config } from './config.ts';

/** The file as it is under the lock. */
export interface CurrentConfig {
  readonly text: string;
  readonly config: Config;
}

/**
 * Replaces the text of `file` with what `edit` makes of it; nothing is written when that is the same. A missing file counts
 * as `{}`. A symbolic link is followed, and the file keeps its permissions: it may be shared.
 * @throws CONFIG_INVALID, LOCKED, DISK, and whatever `edit` throws
 */
export async function editConfig(
  file: string,
  edit: (current: CurrentConfig) => string | Promise<string>,
  calls: WriteCalls = systemCalls,
): Promise<void> {
  const target = await realpath(file).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return file;
    throw diskError(error, 'read', file);
  });
  await withLock(`${target}.lock`, async () => {
    const access = await accessOf(target);
    const keepingMode = access === undefined ? calls : withMode(calls, access.mode);
    const directory = openDirectory(dirname(target), keepingMode);
    const bytes = (await directory.read(basename(target))) ?? utf8('{}\n');
    // Valid UTF-8, or it is refused here.
    const config = parseConfig(bytes, file);
    const text = decodeUtf8(bytes) ?? '';
    const changed = utf8(await edit({ text, config }));
    parseConfig(changed, file);
    if (decodeUtf8(changed) !== text) await directory.write(basename(target), changed);
  });
}
