// What passes between the thread that asks for hashes and a thread that computes them. Each message is answered in turn.
import type { DigestAlgorithm } from '../base/digest.ts';

/** Hashes have numbers, so that one thread can work on many streams. */
export type Message =
  | { readonly hash: number; readonly begin: DigestAlgorithm }
  | {
      readonly hash: number;
      readonly memory: SharedArrayBuffer;
      readonly start: number;
      readonly length: number;
    }
  | { readonly hash: number; readonly end: 'digest' | 'abandon' };

/** Of `end: 'digest'` the raw hash, of everything else undefined. */
export type Reply = Uint8Array | undefined;
