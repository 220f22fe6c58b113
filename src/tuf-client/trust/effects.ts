// What an update asks of the outside: cached files and downloads. It touches nothing else.
import { DctError, isDctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { MetadataFile, RoleName } from '../model/index.ts';

export interface Effects {
  /** What the local cache has for a role; undefined when it has nothing. */
  cached(role: RoleName): Promise<Uint8Array | undefined>;
  /**
   * Downloads a file of at most `maxBytes`; undefined when the server does not have it.
   * @throws LIMIT, NOT_METADATA, and the transport family
   */
  download(file: MetadataFile, maxBytes: number): Promise<Uint8Array | undefined>;
}

/**
 * Failures after which unexpired cached data may be used: nobody answered, or the server had a problem of its own. A failed
 * TLS handshake or a denied login is an answer that an operator must see (FZ-04, ADR 0003).
 */
export function isOutage(error: unknown): error is DctError {
  return isDctError(error, 'UNREACHABLE', 'TIMEOUT', 'CUT_OFF', 'SERVER_ERROR');
}

/** Counts what one update downloads, so that many files cannot do what one big file may not (DG-12). */
export function withBudget(effects: Effects): Effects {
  let total = 0;
  return {
    cached: (role) => effects.cached(role),
    download: async (file, maxBytes) => {
      const bytes = await effects.download(file, maxBytes);
      total += bytes?.byteLength ?? 0;
      if (total > limits.updateBytes)
        throw new DctError('LIMIT', {
          what: 'the metadata of one update',
          limit: 'updateBytes',
          bound: limits.updateBytes,
        });
      return bytes;
    },
  };
}

/** The cache alone, as if nobody answered. */
export function withoutServer(effects: Effects, outage: DctError): Effects {
  return { cached: (role) => effects.cached(role), download: () => Promise.reject(outage) };
}
