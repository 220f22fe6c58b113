// Images as files: tar archives that engines can import and unpack, and skopeo's `dir:` layout.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BlobSource, Image } from './image.ts';

const block = 512;

/** A tar archive of plain files (POSIX ustar), by name and content. */
export function tarOf(files: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(files).flatMap(([name, text]) => {
    const content = Buffer.from(text);
    return [header(name, content.length), content, Buffer.alloc(-content.length & (block - 1))];
  });
  return Buffer.concat([...entries, Buffer.alloc(2 * block)]);
}

/** The same as a layer. */
export function tarLayer(files: Readonly<Record<string, string>>): BlobSource {
  const bytes = tarOf(files);
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return { digest, size: bytes.length, content: () => [bytes] };
}

function header(name: string, size: number): Buffer {
  const fields = Buffer.alloc(block);
  fields.write(name, 0);
  fields.write('0000644\0', 100);
  fields.write('0000000\0', 108);
  fields.write('0000000\0', 116);
  fields.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  fields.write('00000000000\0', 136);
  fields.write('        ', 148);
  fields.write('0', 156);
  fields.write('ustar\x0000', 257);
  const sum = fields.reduce((total, byte) => total + byte, 0);
  fields.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return fields;
}

/** Writes an image into a directory in the layout of skopeo's `dir:` transport. */
export async function writeImageDirectory(directory: string, image: Image): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'version'), 'Directory Transport Version: 1.1\n');
  await writeFile(join(directory, 'manifest.json'), image.bytes);
  for (const blob of image.blobs) {
    const file = join(directory, blob.digest.replace('sha256:', ''));
    await pipeline(Readable.from(blob.content()), createWriteStream(file));
  }
}
