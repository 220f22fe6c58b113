// A thread that computes hashes over memory that it shares with the thread that asks.
import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { countShared } from '../base/shared-memory.ts';
import type { Message, Reply } from './message.ts';

const hashes = new Map<number, Hash>();

// Whatever is wrong in here ends the thread, which tells everybody who waits for it.
parentPort?.on('message', (message: Message) => parentPort?.postMessage(answer(message)));

function answer(message: Message): Reply {
  if ('begin' in message) {
    hashes.set(message.hash, createHash(message.begin));
    return { hash: message.hash };
  }
  const hash = hashes.get(message.hash);
  if (hash === undefined) throw new Error(`no hash ${message.hash} was begun`);
  if ('memory' in message) {
    countShared(message.memory);
    hash.update(new Uint8Array(message.memory, message.start, message.length));
    return { hash: message.hash };
  }
  hashes.delete(message.hash);
  return { hash: message.hash, ...(message.end === 'digest' && { digest: hash.digest() }) };
}
