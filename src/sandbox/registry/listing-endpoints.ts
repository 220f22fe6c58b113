// Lists: tags of a repository, repositories of the registry, and what refers to a manifest (OCI distribution 1.1, "Content Discovery").
import type { Digest } from '../../base/digest.ts';
import { isJsonObject, member, type JsonObject, type JsonValue } from '../../base/json.ts';
import { limits } from '../../base/limits.ts';
import { ociIndex, ociManifest } from '../../registry/index.ts';
import type { SandboxAnswer } from '../http/handler.ts';
import { readManifestDocument } from './manifest-document.ts';
import { jsonAnswer, Refusal } from './refusal.ts';
import type { Target } from './route.ts';
import type { RegistryState } from './state.ts';

export async function listTags(
  { repositories }: RegistryState,
  { repository }: { readonly repository: string },
  query: Target['query'],
): Promise<SandboxAnswer> {
  const record = await repositories.find(repository);
  if (record === undefined) throw new Refusal(404, 'NAME_UNKNOWN', `there is no repository ${repository}`);
  const page = cutPage([...record.tags.keys()].sort(), query, `/v2/${repository}/tags/list`);
  return jsonAnswer({ name: repository, tags: page.items }, page);
}

export async function listRepositories(
  { repositories }: RegistryState,
  query: Target['query'],
): Promise<SandboxAnswer> {
  const page = cutPage(await repositories.names(), query, '/v2/_catalog');
  return jsonAnswer({ repositories: page.items }, page);
}

/** A page of sorted names after `last`, and the way to the next one, relative so that no `Host` decides about it. */
function cutPage(
  names: readonly string[],
  query: Target['query'],
  path: string,
): { readonly items: readonly string[]; readonly headers: Readonly<Record<string, string>> } {
  const wanted = query.get('n');
  const after = query.get('last') ?? '';
  if (wanted !== null && !/^\d{1,15}$/.test(wanted))
    throw new Refusal(400, 'PAGINATION_NUMBER_INVALID', 'n is not a count');
  const size = Math.min(wanted === null ? Infinity : Number(wanted), limits.tagsPerPage);
  const rest = names.filter((name) => name > after);
  const items = rest.slice(0, size);
  const last = items.at(-1);
  if (last === undefined || items.length === rest.length) return { items, headers: {} };
  const next = new URLSearchParams({ n: String(size), last }).toString();
  return { items, headers: { Link: `<${path}?${next}>; rel="next"` } };
}

/** Always an index, also of nothing and in no repository: only so do clients know that there is no other place to look. */
export async function listReferrers(
  { repositories, contents }: RegistryState,
  { repository, digest }: { readonly repository: string; readonly digest: Digest },
  query: Target['query'],
): Promise<SandboxAnswer> {
  const record = await repositories.find(repository);
  const wanted = query.get('artifactType');
  const manifests: object[] = [];
  for (const [referrer, { mediaType, size, subject }] of record?.manifests ?? []) {
    if (subject !== digest) continue;
    const { document } = readManifestDocument(await contents.read(referrer), mediaType);
    const artifactType = artifactTypeOf(document, mediaType);
    if (wanted !== null && wanted !== artifactType) continue;
    const annotations = member(document, 'annotations');
    manifests.push({
      mediaType,
      digest: referrer,
      size,
      ...(artifactType !== undefined && { artifactType }),
      ...(isJsonObject(annotations) && { annotations }),
    });
  }
  const filtered = wanted === null ? {} : { 'OCI-Filters-Applied': 'artifactType' };
  return jsonAnswer(
    { schemaVersion: 2, mediaType: ociIndex, manifests },
    { headers: { 'Content-Type': ociIndex, ...filtered } },
  );
}

/** Its own, or else that of its config, which is what artifacts had before they had a type (OCI image spec, manifest.md). */
function artifactTypeOf(document: JsonObject, mediaType: string): string | undefined {
  const own = textOf(document, 'artifactType');
  if (own !== undefined || mediaType !== ociManifest) return own;
  return textOf(member(document, 'config'), 'mediaType');
}

function textOf(value: JsonValue | undefined, name: string): string | undefined {
  const text = isJsonObject(value) ? member(value, name) : undefined;
  return typeof text === 'string' && text !== '' ? text : undefined;
}
