// What proves to a registry who we are, and the header forms that carry it.
import { toBase64, utf8 } from '../base/bytes.ts';

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

/** Who that is, for messages: never anything secret. */
export function describeUser(credentials: Credentials | undefined): string {
  if (credentials === undefined) return 'anonymous users';
  return credentials.kind === 'password' ? `user "${credentials.username}"` : 'the stored token';
}
