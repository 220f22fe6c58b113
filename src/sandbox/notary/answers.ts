// Successful answers with the headers of the real server (dialect 7.2).
import { utf8 } from '../../base/bytes.ts';
import { keyObject, type PublicKey } from '../../tuf-client/model/index.ts';
import type { SandboxAnswer } from '../http/handler.ts';
import type { Wanted } from './routes.ts';

/** How long caches may keep metadata, in seconds; 0 forbids it. */
export interface MaxAge {
  /** Files that are asked for by role alone. */
  readonly current: number;
  /** Files that are asked for by hash or version. */
  readonly consistent: number;
}

/** As Notary's own answers are typed: Go guesses from the first bytes, and takes JSON for text. */
const plainText = { 'Content-Type': 'text/plain; charset=utf-8' };

export function metadataAnswer(
  { hash, version }: Wanted,
  file: { readonly bytes: Uint8Array; readonly storedAt: number },
  maxAge: MaxAge,
): SandboxAnswer {
  const isCurrent = hash === undefined && version === undefined;
  const cache = isCurrent ? caching(maxAge.current, ', must-revalidate') : caching(maxAge.consistent, '');
  // RFC 9110 5.6.7 wants GMT there; what Notary sends is what its clients were made for.
  const modified = new Date(file.storedAt).toUTCString().replace(/GMT$/, 'UTC');
  return { status: 200, headers: { ...plainText, ...cache, 'Last-Modified': modified }, body: file.bytes };
}

export function textAnswer(text: string): SandboxAnswer {
  return { status: 200, headers: plainText, body: utf8(text) };
}

/** The members in the order in which Go has the fields of a public key. */
export function keyAnswer(key: PublicKey): SandboxAnswer {
  const { keytype, keyval } = keyObject(key) as { keytype: string; keyval: { public: string } };
  return textAnswer(JSON.stringify({ keytype, keyval: { public: keyval.public, private: null } }));
}

export const healthAnswer: SandboxAnswer = {
  status: 200,
  headers: { 'Content-Type': 'application/json; charset=utf-8' },
  body: utf8('{}'),
};

export const emptyAnswer: SandboxAnswer = { status: 200, headers: {} };

function caching(seconds: number, suffix: string): Readonly<Record<string, string>> {
  return seconds === 0
    ? { 'Cache-Control': 'max-age=0, no-cache, no-store', Pragma: 'no-cache' }
    : { 'Cache-Control': `public, max-age=${seconds}, s-maxage=${seconds}${suffix}` };
}
