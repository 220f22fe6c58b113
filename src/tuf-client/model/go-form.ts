// The one byte layout that Go peers write; servers hash their own rendering of it, so anything else breaks a repository (dialect 2.2).
import { toBase64, utf8 } from '../../base/bytes.ts';
import { canonicalBytes } from '../../base/canonical-json.ts';
import type { JsonObject } from '../../base/json.ts';
import type { Signature } from './envelope.ts';

/** The bytes that signatures cover. @throws JsonProblem on values that have no agreed canonical form */
export function signedMessage(signed: JsonObject): Uint8Array {
  return canonicalBytes(signed);
}

/**
 * A complete metadata file: `signed` first, canonical and then escaped as Go's encoder does; signature members in the order
 * keyid, method, sig; no white space, no newline at the end.
 */
export function serialise(signed: JsonObject, signatures: readonly Signature[]): Uint8Array {
  const body = Buffer.from(signedMessage(signed))
    .toString('utf8')
    .replace(/[<>&\u2028\u2029]/g, escape);
  const list = signatures.map(
    ({ keyId, method, value }) => `{"keyid":"${keyId}","method":"${method}","sig":"${toBase64(value)}"}`,
  );
  return utf8(`{"signed":${body},"signatures":[${list.join(',')}]}`);
}

/** Outside of strings none of these characters occurs in JSON, so replacing them everywhere touches strings only. */
function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
