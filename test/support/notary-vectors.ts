// Metadata of real repositories, as notary-server served it (test/vectors/notary-repository).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = join(import.meta.dirname, '../vectors/notary-repository');

/** The exact bytes of one file, such as `docker/targets/alice.json`. */
export function realMetadata(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(directory, name)));
}
