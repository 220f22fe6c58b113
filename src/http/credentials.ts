// What proves to a registry who we are, and the header forms that carry it.
import { decodeUtf8, fromBase64, toBase64, utf8 } from '../base/bytes.ts';

/** A name with its password. */
export interface Login {
  readonly kind: 'password';
  readonly username: string;
  readonly password: string;
}

export type Credentials =
  | Login
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

/** The name and password in a header of that kind, or undefined when it holds none. */
export function readBasicAuthorization(field: string | undefined): Login | undefined {
  const base64 = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(field ?? '')?.[1];
  return base64 === undefined ? undefined : readLogin(base64);
}

/** Base64 of `USER:PASSWORD`, as configurations have it; everything after the first colon is the password. */
export function readLogin(base64: string): Login | undefined {
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
