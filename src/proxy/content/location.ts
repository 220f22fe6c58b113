// Where content is asked for: a repository of a registry, seen by whoever asks.
import type { Gun } from '../../base/reference.ts';
import type { Registry } from '../../registry/index.ts';

export interface Location {
  readonly registry: Registry;
  readonly repository: string;
  readonly gun: Gun;
  /**
   * When the registry is asked whether the client may have content that lies in the cache. `always`: the registry knows who
   * asks, and may answer the next one otherwise. By default `first`: once for each repository and digest (CA-08).
   */
  readonly asks?: 'first' | 'always';
}
