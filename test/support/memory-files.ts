// A directory in memory behind the `Files` port, with the means to break it.
import { equalBytes } from '../../src/base/bytes.ts';
import { DctError } from '../../src/base/errors.ts';
import type { Files } from '../../src/base/ports.ts';

export class MemoryFiles implements Files {
  readonly contents = new Map<string, Uint8Array>();
  /** Every write, in order. */
  readonly writes: string[] = [];
  /** Writes to paths for which this answers true fail as on a full disk. */
  failWrite: (path: string) => boolean = () => false;

  read(path: string): Promise<Uint8Array | undefined> {
    const bytes = this.contents.get(path);
    return Promise.resolve(bytes && Uint8Array.from(bytes));
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    if (this.failWrite(path))
      throw new DctError('DISK', { file: path, operation: 'write', problem: 'no space left on device' });
    this.writes.push(path);
    this.contents.set(path, Uint8Array.from(bytes));
    return Promise.resolve();
  }

  async create(path: string, bytes: Uint8Array): Promise<void> {
    if (this.contents.has(path)) throw new DctError('KEY_EXISTS', { file: path });
    return this.write(path, bytes);
  }

  list(path: string): Promise<readonly string[]> {
    const below = [...this.contents.keys()].filter((name) => name.startsWith(`${path}/`));
    return Promise.resolve(below.map((name) => name.slice(path.length + 1)).sort());
  }

  remove(path: string): Promise<void> {
    this.contents.delete(path);
    return Promise.resolve();
  }

  locate(path: string): string {
    return `/memory/${path}`;
  }

  /** A copy that later writes do not touch. */
  copy(): MemoryFiles {
    const copy = new MemoryFiles();
    for (const [path, bytes] of this.contents) copy.contents.set(path, Uint8Array.from(bytes));
    return copy;
  }

  /** Names of files that differ between two directories, missing ones included. */
  differences(other: MemoryFiles): readonly string[] {
    const names = new Set([...this.contents.keys(), ...other.contents.keys()]);
    return [...names].filter((name) => {
      const [mine, theirs] = [this.contents.get(name), other.contents.get(name)];
      return mine === undefined || theirs === undefined || !equalBytes(mine, theirs);
    });
  }
}
