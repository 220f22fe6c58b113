// Follows redirects of content by hand: few, never downgraded, never inwards, and credentials stay at home (AU-07 to AU-11).
import { DctError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { HttpRequest, HttpResponse, Transport } from '../base/ports.ts';
import { parseUrl } from '../base/url.ts';
import { bareHost, reachFrom, type Resolve } from './address.ts';
import { discard } from './body.ts';

export interface RedirectOptions {
  /** Sends what goes to the first origin; may authenticate. */
  readonly home: Transport;
  /** Sends everything else; must not authenticate. */
  readonly away: Transport;
  /** The addresses of a host name; the system's resolver by default. */
  readonly resolve?: Resolve;
}

const redirects = new Set([301, 302, 303, 307, 308]);
/** Fields that say who we are. */
const personal = new Set(['authorization', 'cookie', 'proxy-authorization']);

/**
 * A transport for GET and HEAD that answers with what is found at the end of the redirects.
 * @throws REDIRECT_REFUSED; the transport family
 */
export function followRedirects({ home, away, resolve }: RedirectOptions): Transport {
  return async (request: HttpRequest): Promise<HttpResponse> => {
    const first = request.url;
    let url = first;
    let leftHome = false;
    let response = await home(request);
    for (let step = 0; isRedirect(response); step++) {
      const next = destination(url, response.headers['location'] ?? '');
      await discard(response);
      if (step === limits.redirects)
        throw refuse(url, next, `more than ${limits.redirects} redirects in a row`);
      // Once elsewhere, somebody else chose the way back: coming home does not bring the credentials back.
      leftHome ||= next.origin !== first.origin;
      const onward = { ...request, url: next };
      if (leftHome) {
        const reach = bareHost(next) === bareHost(first) ? undefined : await reachFrom(first, resolve);
        response = await away({ ...onward, headers: impersonal(request), ...(reach && { reach }) });
      } else {
        response = await home(onward);
      }
      url = next;
    }
    return response;
  };
}

function isRedirect(response: HttpResponse): boolean {
  return redirects.has(response.status) && response.headers['location'] !== undefined;
}

function destination(from: URL, location: string): URL {
  const to = parseUrl(location, from);
  if (to === undefined) throw refuse(from, undefined, 'its Location is not an address');
  to.hash = '';
  if (to.protocol !== 'https:' && to.protocol !== 'http:') throw refuse(from, to, 'it does not lead to HTTP');
  if (to.username !== '' || to.password !== '') throw refuse(from, to, 'its Location carries a user name');
  // Plain HTTP may only lead on from plain HTTP, which an operator chose (AU-08).
  if (from.protocol === 'https:' && to.protocol === 'http:')
    throw refuse(from, to, 'it leads from https to http');
  return to;
}

function refuse(from: URL, to: URL | undefined, problem: string): DctError<'REDIRECT_REFUSED'> {
  // Queries of storage addresses are signatures, so only the origin is told.
  const target =
    to === undefined
      ? 'elsewhere'
      : to.protocol.startsWith('http')
        ? `${to.protocol}//${to.host}`
        : to.protocol;
  return new DctError('REDIRECT_REFUSED', { origin: from.origin, target, problem });
}

function impersonal(request: HttpRequest): Record<string, string> {
  return Object.fromEntries(Object.entries(request.headers).filter(([name]) => !personal.has(name)));
}
