// Reads a registry's list of tags page by page (OCI distribution 1.1, listing tags).
import { asTag } from '../base/reference.ts';
import { isJsonObject, member, parseJson, type JsonValue } from '../base/json.ts';

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
