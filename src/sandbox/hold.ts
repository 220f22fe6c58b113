// One sandbox on one directory at a time: two would overwrite each other's repositories.
import { join } from 'node:path';
import { withLock } from '../disk/lock.ts';

/** Takes the directory, and answers the function that gives it back. @throws LOCKED, DISK */
export function holdDirectory(directory: string): Promise<() => Promise<void>> {
  return new Promise((resolve, reject) => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((done) => (release = done));
    const held = withLock(
      join(directory, 'lock'),
      async () => {
        resolve(() => {
          release();
          return held;
        });
        await released;
      },
      { waitMs: 1000 },
    );
    held.catch(reject);
  });
}
