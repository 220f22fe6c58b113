// A few threads that hash large streams, while the thread that asks goes on reading and sending them (ADR 0025).
import { Worker } from 'node:worker_threads';
import { copyInto } from '../base/bytes.ts';
import { digestOfHash, type DigestAlgorithm } from '../base/digest.ts';
import { DctError } from '../base/errors.ts';
import type { Notices } from '../base/ports.ts';
import { sharedMemory } from '../base/shared-memory.ts';
import { hashHere } from './here.ts';
import type { Message, Reply } from './message.ts';
import type { BeginHash, StreamHash } from './types.ts';

export interface HashThreads {
  readonly begin: BeginHash;
  /** Ends the threads; hashes that are under way fail. */
  close(): Promise<void>;
}

export interface HashThreadsOptions {
  readonly count: number;
  readonly notices: Notices;
  /** What a thread runs; another one in tests. */
  readonly script?: URL;
}

/** Below this size, in bytes, a stream is over before the hand-overs between threads have paid. */
const leastBytes = 1024 * 1024;

/** Starts the threads. When one ends by itself, its hashes fail, and new ones are computed by the others or on this thread. */
export function openHashThreads({ count, notices, script }: HashThreadsOptions): HashThreads {
  const threads = new Set<HashThread>();
  for (let i = 0; i < count; i++) {
    const thread = new HashThread(script, (error) => {
      threads.delete(thread);
      notices.warn(`a thread that hashes ended: ${error.message}; ${threads.size} are left`);
    });
    threads.add(thread);
  }
  return {
    begin: (algorithm, size) => {
      if (size !== undefined && size < leastBytes) return hashHere(algorithm, size);
      const [idlest] = [...threads].sort((a, b) => a.streams - b.streams);
      return idlest === undefined ? hashHere(algorithm, size) : idlest.begin(algorithm);
    },
    close: async () => {
      await Promise.all([...threads].map((thread) => thread.close()));
    },
  };
}

interface Waiting {
  readonly hash: number;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

class HashThread {
  /** Hashes that were begun and are not over. */
  streams = 0;
  readonly #worker: Worker;
  /** In the order of the messages, which is that of the replies. */
  readonly #waiting: Waiting[] = [];
  #hashes = 0;
  #failure: Error | undefined;
  #isClosing = false;

  constructor(script = new URL('./thread.js', import.meta.url), onEnd: (error: Error) => void) {
    this.#worker = new Worker(script);
    // Work that is under way keeps the process alive by what waits for it: sockets and files.
    this.#worker.unref();
    let reason = new Error('it stopped');
    this.#worker.on('error', (error) => (reason = error));
    this.#worker.on('message', (reply: Reply) => {
      const next = this.#waiting.shift();
      if (next?.hash === reply.hash) {
        next.resolve(reply);
        return;
      }
      if (next !== undefined) this.#waiting.unshift(next);
      reason = new Error('it answered what it was not asked');
      void this.#worker.terminate();
    });
    this.#worker.on('exit', () => {
      this.#failure = new DctError(
        'BUG',
        { problem: `a thread that hashes ended: ${reason.message}` },
        reason,
      );
      for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
      if (!this.#isClosing) onEnd(reason);
    });
  }

  begin(algorithm: DigestAlgorithm): StreamHash {
    const hash = this.#hashes++;
    let isOver = false;
    const end = (how: 'digest' | 'abandon'): Promise<Reply> => {
      isOver = true;
      this.streams--;
      return this.#ask({ hash, end: how });
    };
    this.streams++;
    // A thread that has ended is noticed by who asks next.
    void this.#ask({ hash, begin: algorithm });
    return {
      update: (bytes) => {
        const { buffer: memory, byteOffset: start, byteLength: length } = shared(bytes);
        return this.#ask({ hash, memory, start, length });
      },
      digest: async () => {
        const { digest: raw } = await end('digest');
        if (raw === undefined)
          throw new DctError('BUG', { problem: 'a thread that hashes answered nothing' });
        return digestOfHash(algorithm, raw);
      },
      abandon: () => {
        if (!isOver) void end('abandon');
      },
    };
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#worker.terminate();
  }

  /** The reply; whoever is not interested any more may let it fail. */
  #ask(message: Message): Promise<Reply> {
    const reply = new Promise<Reply>((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#worker.postMessage(message);
      this.#waiting.push({ hash: message.hash, resolve, reject });
    });
    reply.catch(() => undefined);
    return reply;
  }
}

/** The same bytes in memory that threads share: as they are when they lie there already, else a copy. */
function shared(bytes: Uint8Array): Uint8Array<SharedArrayBuffer> {
  if (liesInSharedMemory(bytes)) return bytes;
  const copy = sharedMemory(bytes.byteLength);
  copyInto(copy, 0, bytes);
  return copy;
}

function liesInSharedMemory(bytes: Uint8Array): bytes is Uint8Array<SharedArrayBuffer> {
  return bytes.buffer instanceof SharedArrayBuffer;
}
