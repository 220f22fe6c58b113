// What is to be signed: tags that were named, that the registry lists, or that are signed elsewhere, with content that we measured.
import { asDigest, type Digest } from '../base/digest.ts';
import { DctError, isDctError } from '../base/errors.ts';
import { asTag, splitGun, type Gun, type Tag } from '../base/reference.ts';
import type { Registry } from '../registry/index.ts';
import type { TargetToSign } from '../tuf-client/author/index.ts';
import { repository, taggedImage } from './images.ts';

/** The tags of one repository: they are published together. */
export interface Collection {
  readonly gun: Gun;
  readonly registry: string;
  readonly repository: string;
  /** `all`: whatever there is when it is looked at. */
  readonly tags: readonly Tag[] | 'all';
}

/** Content that is signed under another name. */
export interface Origin {
  /** Everything that is signed there. */
  readonly tags: readonly string[];
  /** What is signed there for this tag of the new name. @throws NOT_SIGNED, TARGET_UNUSABLE */
  digestOf(tag: Tag): Digest;
}

/** Groups by repository, in the order of first mention; a tag that is named twice counts once. @throws REFERENCE_INVALID, USAGE */
export function collections(texts: readonly string[]): readonly Collection[] {
  const groups = new Map<Gun, Set<Tag>>();
  for (const { gun, tag } of texts.map((text) => taggedImage(text, 'sign')))
    groups.set(gun, (groups.get(gun) ?? new Set<Tag>()).add(tag));
  return [...groups].map(([gun, tags]) => ({ gun, ...splitGun(gun), tags: [...tags] }));
}

/** `--all-tags`. @throws REFERENCE_INVALID, USAGE */
export function wholeRepositories(texts: readonly string[]): readonly Collection[] {
  const guns = new Set(texts.map((text) => repository(text, 'sign --all-tags').gun));
  return [...guns].map((gun) => ({ gun, ...splitGun(gun), tags: 'all' }));
}

/** @throws DIGEST_INVALID, USAGE */
export function expectedDigest(text: string | undefined, chosen: readonly Collection[]): Digest | undefined {
  if (text === undefined) return undefined;
  const digest = asDigest(text);
  if (digest === undefined) throw new DctError('DIGEST_INVALID', { digest: text });
  if (chosen.length > 1 || chosen.some(({ tags }) => tags === 'all')) {
    throw new DctError('USAGE', {
      problem: '--digest goes with named tags of one repository',
      hint: 'Sign each repository with a command of its own.',
    });
  }
  return digest;
}

/** Which content is meant; left out, both: what each tag points to now. */
export interface Expected {
  readonly digest: Digest | undefined;
  readonly origin: Origin | undefined;
}

/**
 * Fetches the manifests of what is to be signed, from the repository that they are signed for.
 * @throws the errors of `Registry.manifest` and `Registry.tags`; MANIFEST_UNSUITABLE for formats that cannot be verified;
 * NOT_SIGNED for a tag that the origin has not signed; USAGE when there is no tag at all
 */
export async function contentToSign(
  registry: Registry,
  collection: Collection,
  { digest, origin }: Expected,
  signal: AbortSignal,
): Promise<readonly TargetToSign[]> {
  const { gun, repository: path } = collection;
  const tags =
    collection.tags === 'all' ? await allTags(registry, collection, origin, signal) : collection.tags;
  const targets: TargetToSign[] = [];
  for (const name of tags) {
    const wanted = digest ?? origin?.digestOf(name) ?? name;
    const manifest = await suitable(`${gun}:${name}`, registry.manifest(path, wanted, signal));
    targets.push({ name, digest: manifest.digest, length: manifest.bytes.byteLength });
  }
  return targets;
}

async function allTags(
  registry: Registry,
  { gun, repository: path }: Collection,
  origin: Origin | undefined,
  signal: AbortSignal,
): Promise<readonly Tag[]> {
  const names = origin?.tags ?? (await registry.tags(path, signal));
  const tags = [...new Set(names)].map((name) => {
    const tag = asTag(name);
    if (tag !== undefined) return tag;
    throw new DctError('REFERENCE_INVALID', {
      reference: `${gun}:${name}`,
      problem: 'the registry lists what is no tag',
    });
  });
  if (tags.length > 0) return tags;
  throw new DctError('USAGE', { problem: `${gun} has no tags`, hint: 'Push an image first, then sign it.' });
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
