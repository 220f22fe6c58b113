// The tag list, made from signed data alone: what the registry lists beyond that does not exist here (PX-14).
import { utf8 } from '../../base/bytes.ts';
import type { Exchange } from '../serve/exchange.ts';
import { cutPage, type Page } from '../serve/page.ts';

export interface TagListRequest {
  readonly repository: string;
  readonly page: Page;
  readonly namespace: string | undefined;
}

/** Answers one page of the signed tags, with a link to the next one if there is more (OCI distribution 1.1). */
export function sendTagList(exchange: Exchange, tags: readonly string[], request: TagListRequest): void {
  const { repository } = request;
  const page = cutPage(tags, request.page);
  const last = page.tags.at(-1);
  const next = page.more && last !== undefined ? { Link: nextLink(request, last) } : {};
  const body = utf8(`${JSON.stringify({ name: repository, tags: page.tags })}\n`);
  exchange.send(200, { 'Content-Type': 'application/json', ...next }, body);
}

/** Relative, so that no `Host` header decides where clients go next (PX-02, RFC 8288 3.1). */
function nextLink({ repository, page, namespace }: TagListRequest, last: string): string {
  const query = new URLSearchParams({
    n: String(page.size),
    last,
    ...(namespace !== undefined && { ns: namespace }),
  });
  return `</v2/${repository}/tags/list?${query.toString()}>; rel="next"`;
}
