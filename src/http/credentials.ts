// What proves to a registry who we are, and the header forms that carry it.
import { decodeUtf8, fromBase64, toBase64, utf8 } from '../base/bytes.ts';

export type Credentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** A refresh token, exchanged for access tokens at the realm (Docker's `identitytoken`). */
  | { readonly kind: 'identity'; readonly token: string }
  /** An access token that is used as it is (Docker's `registrytoken`). */
  | { readonly kind: 'access'; readonly token: string };

/** The credentials for a registry host as it stands in references, or undefined for anonymous access. */
export type CredentialLookup = (registryHost: string) => Promise<Credentials | undefined>;

/** RFC 7617. */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${toBase64(utf8(`${username}:${password}`))}`;
}

/** Base64 of `USER:PASSWORD`, as configurations have it; everything after the first colon is the password. */
export function readLogin(base64: string): (Credentials & { readonly kind: 'password' }) | undefined {
  const bytes = fromBase64(base64);
  const text = bytes && decodeUtf8(bytes);
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon < 1) return undefined;
  return { kind: 'password', username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Who that is, for messages: never anything secret. */
export function describeUser(credentials: Credentials | undefined): string {
  if (credentials === undefined) return 'anonymous users';
  return credentials.kind === 'password' ? `user "${credentials.username}"` : 'the stored token';
}
