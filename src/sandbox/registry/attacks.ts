// The attacks of the tutorial on what the registry serves, described for people.
import { asDigest, type Digest } from '../../base/digest.ts';
import { DctError } from '../../base/errors.ts';
import { asTag, type Tag } from '../../base/reference.ts';
import { alterations, alteredSize, type Alteration } from './alteration.ts';
import { readManifestDocument, type ManifestDocument } from './manifest-document.ts';
import type { RepositoryRecord } from './record.ts';
import type { RegistryState } from './state.ts';

export interface Corruption {
  readonly repository: string;
  /** Counted from 1. */
  readonly layer: number;
  /** What the layer is still served under. */
  readonly digest: Digest;
  readonly sizeBefore: number;
  readonly sizeAfter: number;
  readonly done: string;
}

export interface Swap {
  readonly repository: string;
  readonly tag: Tag;
  readonly digestBefore: Digest;
  readonly digestAfter: Digest;
  readonly sizeBefore: number;
  readonly sizeAfter: number;
  readonly done: string;
}

export interface Restoration {
  readonly repository: string;
  /** Attacks that were ended. */
  readonly ended: number;
  readonly done: string;
}

export interface CorruptOptions {
  /** Counted from 1; through an index, of the first image in it. */
  readonly layer: number;
  readonly how: Alteration;
}

/** Nothing of this touches what is stored: `restore` or the end of the process ends every attack. */
export interface RegistryAttacks {
  /**
   * Serves a layer altered, in this repository only, under the digest it was pushed with.
   * @throws NAME_UNKNOWN, MANIFEST_UNKNOWN, BLOB_UNKNOWN, USAGE
   */
  corrupt(repository: string, reference: string, options: CorruptOptions): Promise<Corruption>;
  /** Serves another manifest of the repository under a tag. @throws NAME_UNKNOWN, MANIFEST_UNKNOWN */
  swapTag(repository: string, tag: string, otherReference: string): Promise<Swap>;
  /** @throws NAME_UNKNOWN */
  restore(repository: string): Promise<Restoration>;
}

export function createAttacks(state: RegistryState): RegistryAttacks {
  const { repositories, contents, blobs, overlays } = state;

  const find = async (repository: string): Promise<RepositoryRecord> => {
    const record = await repositories.find(repository);
    if (record === undefined) throw new DctError('NAME_UNKNOWN', { repository });
    return record;
  };

  const readImage = async (record: RepositoryRecord, digest: Digest): Promise<ManifestDocument> => {
    const mediaType = record.manifests.get(digest)?.mediaType;
    const manifest = readManifestDocument(await contents.read(digest), mediaType);
    const [first] = manifest.manifests;
    return first !== undefined && record.manifests.has(first) ? readImage(record, first) : manifest;
  };

  return {
    corrupt: async (repository, reference, { layer, how }) => {
      if (!alterations.includes(how)) throw usage(`a layer can be corrupted by ${alterations.join(', ')}`);
      const record = await find(repository);
      const { layers } = await readImage(record, resolve(repository, record, reference));
      const digest = layers[layer - 1];
      if (digest === undefined)
        throw usage(
          `${repository}:${reference} has ${layers.length} layers, and ${layer} is the number of none`,
        );
      const sizeBefore = await blobs.size(digest);
      if (sizeBefore === undefined || !record.blobs.has(digest))
        throw new DctError('BLOB_UNKNOWN', { reference: `${repository}@${digest}` });
      if (sizeBefore === 0 && how !== 'extend') throw usage('an empty layer can only be extended');
      overlays.alter(repository, digest, how);
      const sizeAfter = alteredSize(sizeBefore, how);
      return { repository, layer, digest, sizeBefore, sizeAfter, done: sentences[how] };
    },

    swapTag: async (repository, text, otherReference) => {
      const record = await find(repository);
      const tag = asTag(text);
      const digestBefore = tag && record.tags.get(tag);
      if (tag === undefined || digestBefore === undefined) throw manifestUnknown(repository, text);
      const digestAfter = resolve(repository, record, otherReference);
      overlays.swap(repository, tag, digestAfter);
      return {
        repository,
        tag,
        digestBefore,
        digestAfter,
        sizeBefore: record.manifests.get(digestBefore)?.size ?? 0,
        sizeAfter: record.manifests.get(digestAfter)?.size ?? 0,
        done: `the tag ${tag} now serves the manifest of ${otherReference}`,
      };
    },

    restore: async (repository) => {
      await find(repository);
      const ended = overlays.restore(repository);
      return { repository, ended, done: 'the registry serves what was pushed again' };
    },
  };
}

const sentences: Readonly<Record<Alteration, string>> = {
  'flip-bit': 'one bit in the middle of the layer is flipped; its size is the same',
  truncate: 'the last byte of the layer is missing',
  extend: 'one byte follows the end of the layer',
  replace: 'the layer has other content of the same size',
};

/** The truth, whatever is served under a tag now. */
function resolve(repository: string, record: RepositoryRecord, reference: string): Digest {
  const tag = asTag(reference);
  const digest = tag === undefined ? asDigest(reference) : record.tags.get(tag);
  if (digest === undefined || !record.manifests.has(digest)) throw manifestUnknown(repository, reference);
  return digest;
}

function manifestUnknown(repository: string, reference: string): DctError {
  const separator = reference.includes(':') ? '@' : ':';
  return new DctError('MANIFEST_UNKNOWN', { reference: `${repository}${separator}${reference}` });
}

function usage(problem: string): DctError {
  return new DctError('USAGE', { problem });
}
