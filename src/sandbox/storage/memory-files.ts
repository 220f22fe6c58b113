// A directory in memory behind the `Files` port: gone when the sandbox stops.
import { DctError } from '../../base/errors.ts';
import type { Files } from '../../base/ports.ts';

export function memoryFiles(): Files {
  const contents = new Map<string, Uint8Array>();
  const write = (path: string, bytes: Uint8Array): Promise<void> => {
    contents.set(path, Uint8Array.from(bytes));
    return Promise.resolve();
  };
  return {
    read: (path) => {
      const bytes = contents.get(path);
      return Promise.resolve(bytes && Uint8Array.from(bytes));
    },
    write,
    create: async (path, bytes) => {
      if (contents.has(path)) throw new DctError('KEY_EXISTS', { file: path });
      return write(path, bytes);
    },
    list: (path) => {
      const below = [...contents.keys()].filter((name) => name.startsWith(`${path}/`));
      return Promise.resolve(below.map((name) => name.slice(path.length + 1)).sort());
    },
    remove: (path) => {
      contents.delete(path);
      return Promise.resolve();
    },
    locate: (path) => `/memory/${path}`,
  };
}
