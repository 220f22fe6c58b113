// Pages of the tag list: which part is asked for, and what follows it (OCI distribution 1.1, "Listing Tags"; PX-18).
import { DctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { asTag } from '../../base/reference.ts';

export interface Page {
  /** The most tags to list, within our own bound. */
  readonly size: number;
  /** Only tags that sort after this one. */
  readonly after: string | undefined;
}

/** @throws PAGE_INVALID */
export function parsePage(query: ReadonlyMap<string, readonly string[]>): Page {
  const size = single(query, 'n');
  const after = single(query, 'last');
  if (size !== undefined && !/^[0-9]{1,15}$/.test(size)) throw invalid('n', 'it is not a count');
  if (after !== undefined && after !== '' && asTag(after) === undefined)
    throw invalid('last', 'it is not a tag');
  return {
    size: Math.min(size === undefined ? Infinity : Number(size), limits.tagsPerPage),
    after: after === '' ? undefined : after,
  };
}

function single(query: ReadonlyMap<string, readonly string[]>, parameter: string): string | undefined {
  const values = query.get(parameter) ?? [];
  if (values.length > 1) throw invalid(parameter, 'it occurs more than once');
  return values[0];
}

function invalid(parameter: string, problem: string): DctError {
  return new DctError('PAGE_INVALID', { parameter, problem });
}

/** The page's part of `tags`, which is sorted by bytes, and whether more follows. An empty page is the last one. */
export function cutPage(
  tags: readonly string[],
  page: Page,
): { readonly tags: readonly string[]; readonly more: boolean } {
  const { after } = page;
  const rest = after === undefined ? tags : tags.filter((tag) => tag > after);
  return { tags: rest.slice(0, page.size), more: page.size > 0 && rest.length > page.size };
}
