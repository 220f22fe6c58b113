// What a request target names in the distribution API, read from the right because `blobs` may be part of a repository's name.
import { asDigest, type Digest } from '../../base/digest.ts';
import { limits } from '../../base/limits.ts';
import { asTag, isRepository, type Tag } from '../../base/reference.ts';
import { Refusal } from './refusal.ts';

export type Route =
  | { readonly kind: 'version' }
  | { readonly kind: 'catalog' }
  | { readonly kind: 'tags'; readonly repository: string }
  | { readonly kind: 'manifest'; readonly repository: string; readonly reference: Tag | Digest }
  | { readonly kind: 'blob'; readonly repository: string; readonly digest: Digest }
  | { readonly kind: 'uploads'; readonly repository: string }
  | { readonly kind: 'upload'; readonly repository: string; readonly id: string }
  | { readonly kind: 'referrers'; readonly repository: string; readonly digest: Digest };

export interface Target {
  readonly route: Route;
  readonly query: URLSearchParams;
}

/** Names, tags and digests need nothing else; a colon may come escaped, as some clients send digests. */
const plainPath = /^[A-Za-z0-9._:/-]*$/;

/** @throws Refusal */
export function parseTarget(target: string): Target {
  if (target.length > limits.requestTargetBytes)
    throw new Refusal(414, 'NAME_INVALID', 'the request target is too long');
  const mark = target.indexOf('?');
  const path = (mark === -1 ? target : target.slice(0, mark)).replace(/%3a/gi, ':');
  if (!path.startsWith('/') || !plainPath.test(path))
    throw new Refusal(400, 'NAME_INVALID', 'the path has characters that no name, tag or digest has');
  const query = new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1));
  return { route: parseRoute(path.slice(1).split('/')), query };
}

function parseRoute([version, ...rest]: readonly string[]): Route {
  if (version !== 'v2') throw unknownPath();
  if (rest.length === 0 || (rest.length === 1 && rest[0] === '')) return { kind: 'version' };
  if (rest.length === 1 && rest[0] === '_catalog') return { kind: 'catalog' };

  const [before, action, item = ''] = [rest.at(-3), rest.at(-2), rest.at(-1)];
  const nameWithout = (parts: number): string => repositoryName(rest.slice(0, -parts));
  if (action === 'manifests')
    return { kind: 'manifest', repository: nameWithout(2), reference: manifestReference(item) };
  if (action === 'referrers')
    return { kind: 'referrers', repository: nameWithout(2), digest: contentDigest(item) };
  if (action === 'tags' && item === 'list') return { kind: 'tags', repository: nameWithout(2) };
  if (before === 'blobs' && action === 'uploads') {
    const repository = nameWithout(3);
    return item === '' ? { kind: 'uploads', repository } : { kind: 'upload', repository, id: item };
  }
  if (action === 'blobs' && item === 'uploads') return { kind: 'uploads', repository: nameWithout(2) };
  if (action === 'blobs') return { kind: 'blob', repository: nameWithout(2), digest: contentDigest(item) };
  throw unknownPath();
}

/** The name also becomes a path in storage: nothing but the grammar's names may get there (NM-05, PX-03). */
function repositoryName(parts: readonly string[]): string {
  const name = parts.join('/');
  if (!isRepository(name)) throw new Refusal(400, 'NAME_INVALID', `"${name}" is not a repository name`);
  return name;
}

/** Whatever has a colon is meant as a digest and is never tried as a tag (MF-10). */
function manifestReference(item: string): Tag | Digest {
  if (item.includes(':')) return contentDigest(item);
  const tag = asTag(item);
  if (tag === undefined) throw new Refusal(400, 'TAG_INVALID', `"${item}" is not a tag`);
  return tag;
}

/** @throws Refusal for text that is no digest which this registry can check */
export function contentDigest(text: string): Digest {
  const digest = asDigest(text);
  if (digest === undefined)
    throw new Refusal(400, 'DIGEST_INVALID', `"${text}" is not a sha256 or sha512 digest`);
  return digest;
}

function unknownPath(): Refusal {
  return new Refusal(404, 'UNSUPPORTED', 'this registry serves nothing under that path');
}
