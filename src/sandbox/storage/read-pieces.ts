// Reads a file, or a part of it, piece by piece.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { diskError } from '../../disk/failure.ts';
import type { ByteRange } from './blob-storage.ts';

/** Large enough to be fast, small enough for many readers at once. */
const pieceBytes = 256 * 1024;
const { O_RDONLY, O_NOFOLLOW } = constants;

/**
 * The whole file, or the part within the range. It is opened when the first piece is asked for.
 * @throws DISK
 */
export async function* readPieces(path: string, range?: ByteRange): AsyncIterable<Uint8Array> {
  if (range !== undefined && range.start >= range.end) return;
  const within = range === undefined ? {} : { start: range.start, end: range.end - 1 };
  try {
    const handle = await open(path, O_RDONLY | O_NOFOLLOW);
    // The stream closes the handle at its end, also when its reader stops early.
    for await (const chunk of handle.createReadStream({ ...within, highWaterMark: pieceBytes }))
      yield chunk as Buffer;
  } catch (error) {
    throw diskError(error, 'read', path);
  }
}
