// Where a list goes on: on the same path of the same server, or nowhere (RFC 8288).
import { parseUrl } from '../base/url.ts';

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
