// The sandbox's registry on a loopback port, for real clients.
import { join } from 'node:path';
import { openDirectory } from '../../../src/disk/files.ts';
import { listen } from '../../../src/sandbox/http/listen.ts';
import { createRegistryServer, type RegistryServer } from '../../../src/sandbox/registry/server.ts';
import { directoryBlobs } from '../../../src/sandbox/storage/directory-blobs.ts';
import { memoryBlobs } from '../../../src/sandbox/storage/memory-blobs.ts';
import { memoryFiles } from '../../../src/sandbox/storage/memory-files.ts';

export interface SandboxRegistry extends RegistryServer {
  /** `127.0.0.1:PORT`, as it stands in image references. */
  readonly host: string;
  readonly url: string;
  readonly port: number;
  /** What went wrong inside; empty, unless there is a defect. */
  readonly failures: readonly unknown[];
  close(): Promise<void>;
}

/** @param directory keeps the content; in memory when left out */
export async function startSandboxRegistry(directory?: string): Promise<SandboxRegistry> {
  const server = createRegistryServer(
    directory === undefined
      ? { files: memoryFiles(), blobs: memoryBlobs() }
      : {
          files: openDirectory(join(directory, 'registry')),
          blobs: await directoryBlobs(join(directory, 'blobs')),
        },
  );
  const failures: unknown[] = [];
  const onFailure = (error: unknown): void => void failures.push(error);
  const listening = await listen(server.handle, { host: '127.0.0.1', port: 0, onFailure });
  const host = `127.0.0.1:${listening.port}`;
  return {
    ...server,
    host,
    url: `http://${host}`,
    port: listening.port,
    failures,
    close: () => listening.close(),
  };
}
