// Hashes on the thread that asks: at once, and without a hand-over.
import { digestOfHash, streamHash } from '../base/digest.ts';
import type { BeginHash } from './types.ts';

export const hashHere: BeginHash = (algorithm) => {
  const hash = streamHash(algorithm);
  return {
    update: (bytes) => {
      hash.update(bytes);
      return undefined;
    },
    digest: () => digestOfHash(algorithm, hash.digest()),
    abandon: () => undefined,
  };
};
