// Reads a registry's list of tags page by page (OCI distribution 1.1, listing tags).
import { asTag } from '../base/reference.ts';
import { isJsonObject, member, parseJson, type JsonValue } from '../base/json.ts';
import { parseUrl } from '../base/url.ts';

/** The tags in one page, or undefined when it is not a tag list. Names that cannot be tags are no tags. */
export function readTagPage(bytes: Uint8Array): readonly string[] | undefined {
  let document: JsonValue;
  try {
    document = parseJson(bytes, { numbers: 'any' });
  } catch {
    return undefined;
  }
  // An empty repository's list is null where Go wrote it.
  const tags = isJsonObject(document) ? (member(document, 'tags') ?? []) : undefined;
  if (!Array.isArray(tags)) return undefined;
  const names = tags as readonly JsonValue[];
  if (!names.every((name) => typeof name === 'string')) return undefined;
  return names.filter((name) => asTag(name) !== undefined);
}

/**
 * Where the next page is: the target of `Link: <...>; rel="next"` (RFC 8288), or undefined when this was the last one.
 * @returns `'elsewhere'` for a target on another origin or path, which is never followed
 */
export function nextPage(link: string | undefined, current: URL): URL | 'elsewhere' | undefined {
  const target = /(?:^|,)[ \t]*<([^<>]*)>[^<>]*;[ \t]*rel="?next"?[ \t]*(?:;|,|$)/i.exec(link ?? '')?.[1];
  if (target === undefined) return undefined;
  const next = parseUrl(target, current);
  if (next === undefined) return 'elsewhere';
  next.hash = '';
  return next.origin === current.origin && next.pathname === current.pathname ? next : 'elsewhere';
}
