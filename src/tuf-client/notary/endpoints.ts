// Addresses of a Notary v1 server (dialect 7.1).
import { DctError } from '../../base/errors.ts';
import type { Gun } from '../../base/reference.ts';
import { parseUrl } from '../../base/url.ts';
import { fileName, type MetadataFile } from '../model/index.ts';

/**
 * The base address of a trust server. A path is allowed and a trailing slash does not matter.
 * @throws SERVER_URL_INVALID for anything but https, and for addresses with credentials, query or fragment
 */
export function parseServerUrl(text: string): URL {
  const refuse = (problem: string): DctError =>
    new DctError('SERVER_URL_INVALID', { url: withoutSecrets(text), problem });
  const url = parseUrl(text);
  if (url === undefined) throw refuse('it is not a URL');
  if (url.username !== '' || url.password !== '') throw refuse('it contains credentials');
  if (url.protocol !== 'https:') throw refuse('it does not begin with https://');
  if (url.search !== '' || url.hash !== '') throw refuse('it has a query or a fragment');
  url.pathname = url.pathname.replace(/\/*$/, '/');
  return url;
}

/**
 * The address as errors may repeat it: nothing before an @, nothing from a ? or # on. By text, because an address that is
 * refused need not be one that parses.
 */
function withoutSecrets(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1').replace(/[?#].*$/s, '');
}

/** `<server>/v2/<gun>/_trust/tuf/`; the GUN goes in verbatim, its grammar has nothing that would need escaping. */
export function trustUrl(server: URL, gun: Gun, name = ''): URL {
  return new URL(`v2/${gun}/_trust/tuf/${name}`, server);
}

export function metadataUrl(server: URL, gun: Gun, file: MetadataFile): URL {
  return trustUrl(server, gun, fileName(file));
}
