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

export interface Reply {
  /** That of the message, so that no answer is ever taken for that to another one. */
  readonly hash: number;
  /** The raw hash, in answer to `end: 'digest'`. */
  readonly digest?: Uint8Array;
}
