// Addresses of a Notary v1 server (dialect 7.1).
import { DctError } from '../../base/errors.ts';
import type { Gun } from '../../base/reference.ts';
import { fileName, type MetadataFile } from '../model/index.ts';

/**
 * The base address of a trust server. A path is allowed and a trailing slash does not matter.
 * @throws SERVER_URL_INVALID for anything but https, and for addresses with credentials, query or fragment
 */
export function parseServerUrl(text: string): URL {
  const refuse = (problem: string): DctError => new DctError('SERVER_URL_INVALID', { url: text, problem });
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw refuse('it is not a URL');
  if (url.protocol !== 'https:') throw refuse('it does not begin with https://');
  // The text itself must not be repeated when it carries a password.
  if (url.username !== '' || url.password !== '')
    throw new DctError('SERVER_URL_INVALID', { url: url.host, problem: 'it contains credentials' });
  if (url.search !== '' || url.hash !== '') throw refuse('it has a query or a fragment');
  url.pathname = url.pathname.replace(/\/*$/, '/');
  return url;
}

/** `<server>/v2/<gun>/_trust/tuf/`; the GUN goes in verbatim, its grammar has nothing that would need escaping. */
export function trustUrl(server: URL, gun: Gun, name = ''): URL {
  return new URL(`v2/${gun}/_trust/tuf/${name}`, server);
}

export function metadataUrl(server: URL, gun: Gun, file: MetadataFile): URL {
  return trustUrl(server, gun, fileName(file));
}
