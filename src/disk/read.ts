// Reads a file whole: never through a link, never from a special file, never more than was announced (NM-07).
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { limits } from '../base/limits.ts';
import { systemCode, unsafe } from './failure.ts';

/**
 * The bytes of a regular file, or undefined when there is none.
 * @throws DISK_UNSAFE, and what the system says
 */
export async function readRegular(file: string): Promise<Uint8Array | undefined> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  // O_NONBLOCK: without it, opening a FIFO waits for a writer.
  const handle = await open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw systemCode(error) === 'ELOOP' ? unsafe(file, 'it is a symbolic link') : error;
  });
  if (handle === undefined) return undefined;
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw unsafe(file, 'it is not a regular file');
    if (found.size > limits.stateFileBytes) throw unsafe(file, `it has ${found.size} bytes`);
    // One byte of room more, to see a file that grows: ours are replaced, never written to.
    const bytes = new Uint8Array(found.size + 1);
    let length = 0;
    for (let more = 1; more > 0 && length < bytes.byteLength; length += more)
      more = (await handle.read(bytes, length, bytes.byteLength - length)).bytesRead;
    if (length !== found.size) throw unsafe(file, 'it changes while it is read');
    return bytes.subarray(0, length);
  } finally {
    await handle.close();
  }
}
