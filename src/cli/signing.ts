// What is to be signed: the content that the registry serves now, fetched and measured by us.
import { asDigest, type Digest } from '../base/digest.ts';
import { DctError, isDctError } from '../base/errors.ts';
import { splitGun, type Gun, type Tag } from '../base/reference.ts';
import type { Registry } from '../registry/index.ts';
import type { TargetToSign } from '../tuf-client/author/index.ts';
import { taggedImage, type TaggedReference } from './images.ts';

/** The tags of one repository: they are published together. */
export interface Collection {
  readonly gun: Gun;
  readonly registry: string;
  readonly repository: string;
  readonly images: readonly TaggedReference[];
}

/** Groups by repository, in the order of first mention; a tag that is named twice counts once. @throws REFERENCE_INVALID, USAGE */
export function collections(texts: readonly string[]): readonly Collection[] {
  const groups = new Map<Gun, Map<Tag, TaggedReference>>();
  for (const image of texts.map((text) => taggedImage(text, 'sign'))) {
    groups.set(image.gun, (groups.get(image.gun) ?? new Map<Tag, TaggedReference>()).set(image.tag, image));
  }
  return [...groups].map(([gun, images]) => ({ gun, ...splitGun(gun), images: [...images.values()] }));
}

/** @throws DIGEST_INVALID, USAGE */
export function expectedDigest(text: string | undefined, chosen: readonly Collection[]): Digest | undefined {
  if (text === undefined) return undefined;
  const digest = asDigest(text);
  if (digest === undefined) throw new DctError('DIGEST_INVALID', { digest: text });
  if (chosen.length > 1) {
    throw new DctError('USAGE', {
      problem: '--digest goes with the tags of one repository',
      hint: 'Sign each repository with a command of its own.',
    });
  }
  return digest;
}

/**
 * Fetches the manifests. With a digest, that content is signed for every tag; otherwise what each tag points to now.
 * @throws the errors of `Registry.manifest`; MANIFEST_UNSUITABLE for formats that cannot be verified
 */
export async function contentToSign(
  registry: Registry,
  { repository, images }: Collection,
  digest: Digest | undefined,
  signal: AbortSignal,
): Promise<readonly TargetToSign[]> {
  const targets: TargetToSign[] = [];
  for (const { tag, text } of images) {
    const manifest = await suitable(text, registry.manifest(repository, digest ?? tag, signal));
    targets.push({ name: tag, digest: manifest.digest, length: manifest.bytes.byteLength });
  }
  return targets;
}

/** For somebody who signs, a manifest that pullers would refuse is not an attack but the wrong thing to sign. */
async function suitable<T>(reference: string, manifest: Promise<T>): Promise<T> {
  try {
    return await manifest;
  } catch (error) {
    if (!isDctError(error, 'MANIFEST_REFUSED')) throw error;
    throw new DctError('MANIFEST_UNSUITABLE', { reference, problem: String(error.facts['problem']) }, error);
  }
}
