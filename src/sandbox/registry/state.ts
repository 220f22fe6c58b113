// What the endpoints of one registry share.
import type { BlobStorage } from '../storage/blob-storage.ts';
import type { Contents } from './contents.ts';
import type { Overlays } from './overlays.ts';
import type { Repositories } from './repositories.ts';
import type { Uploads } from './uploads.ts';

export interface RegistryState {
  readonly repositories: Repositories;
  readonly contents: Contents;
  readonly blobs: BlobStorage;
  readonly uploads: Uploads;
  /** Attacks that are under way: what readers are served instead of the truth. */
  readonly overlays: Overlays;
}
