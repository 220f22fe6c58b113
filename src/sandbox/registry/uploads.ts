// Uploads that wait for their next piece or their end: a bounded number, each written to by one request at a time.
import { randomUUID } from 'node:crypto';
import { isDctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { BlobStorage, BlobUpload, ByteRange } from '../storage/blob-storage.ts';
import { Refusal } from './refusal.ts';

export interface PendingUpload {
  readonly id: string;
  readonly repository: string;
  readonly content: BlobUpload;
}

export interface Uploads {
  /** @throws Refusal when all that are pending are being written to */
  begin(repository: string): Promise<PendingUpload>;
  /** @throws Refusal when there is no such upload in that repository */
  find(repository: string, id: string): PendingUpload;
  /** Runs `work` as the only writer of the upload. @throws Refusal when another request is writing */
  write<T>(upload: PendingUpload, work: () => Promise<T>): Promise<T>;
  /** Forgets an upload that was finished or abandoned. */
  end(upload: PendingUpload): void;
}

export function createUploads(blobs: BlobStorage, most: number = limits.sandboxUploads): Uploads {
  /** The one that was written to last comes last. */
  const pending = new Map<string, PendingUpload>();
  const busy = new Set<string>();

  /** Clients that went away for good never say so: the upload that was idle for longest makes room (PX-07). */
  const makeRoom = async (): Promise<void> => {
    if (pending.size < most) return;
    const idle = [...pending.values()].find(({ id }) => !busy.has(id));
    if (idle === undefined)
      throw new Refusal(429, 'TOOMANYREQUESTS', 'too many uploads at once; try again in a moment');
    pending.delete(idle.id);
    await idle.content.abandon();
  };

  return {
    begin: async (repository) => {
      await makeRoom();
      const upload = { id: randomUUID(), repository, content: await blobs.begin() };
      pending.set(upload.id, upload);
      return upload;
    },
    find: (repository, id) => {
      const upload = pending.get(id);
      if (upload?.repository !== repository)
        throw new Refusal(404, 'BLOB_UPLOAD_UNKNOWN', 'there is no such upload in this repository');
      return upload;
    },
    write: async (upload, work) => {
      const { id } = upload;
      if (busy.has(id))
        throw new Refusal(429, 'TOOMANYREQUESTS', 'another request is writing to this upload');
      busy.add(id);
      pending.delete(id);
      pending.set(id, upload);
      try {
        return await work();
      } finally {
        busy.delete(id);
      }
    },
    end: ({ id }) => void pending.delete(id),
  };
}

/**
 * Adds a request's body to an upload. What came stays when the client leaves in the middle, so that it can go on later.
 * @throws Refusal for a body that is not the announced range, or of which there is too much (BL-12)
 */
export async function receive(
  content: BlobUpload,
  body: AsyncIterable<Uint8Array>,
  range?: ByteRange,
): Promise<void> {
  if (range !== undefined && range.start !== content.size)
    throw new Refusal(416, 'RANGE_INVALID', `the upload goes on at byte ${content.size}`);
  const end = range?.end ?? limits.blobBytes;
  for await (const chunk of arriving(body)) {
    if (content.size + chunk.byteLength > end)
      throw range === undefined
        ? new Refusal(413, 'SIZE_INVALID', `a blob has at most ${limits.blobBytes} bytes here`)
        : new Refusal(400, 'SIZE_INVALID', 'there are more bytes than Content-Range says');
    await append(content, chunk);
  }
  if (range !== undefined && content.size !== range.end)
    throw new Refusal(400, 'SIZE_INVALID', 'there are fewer bytes than Content-Range says');
}

/**
 * The body's pieces. A broken connection is the client's doing, and an early end of reading leaves the connection alone,
 * so that the refusal can still be sent over it.
 */
export async function* arriving(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const pieces = body[Symbol.asyncIterator]();
  for (;;) {
    let piece: IteratorResult<Uint8Array, unknown>;
    try {
      piece = await pieces.next();
    } catch {
      throw new Refusal(400, 'BLOB_UPLOAD_INVALID', 'the request ended before its body did');
    }
    if (piece.done === true) return;
    yield piece.value;
  }
}

/** What came is kept by the storage, or refused because there is no room. @throws Refusal */
export async function append(content: BlobUpload, chunk: Uint8Array): Promise<void> {
  try {
    await content.append(chunk);
  } catch (error) {
    if (!isDctError(error, 'SANDBOX_FULL')) throw error;
    throw new Refusal(413, 'SIZE_INVALID', `${error.message}. ${error.next}`);
  }
}
