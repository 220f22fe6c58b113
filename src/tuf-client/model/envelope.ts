// The envelope around every metadata file: `signed` and its `signatures` (dialect 2.1).
import { isJsonObject, JsonProblem, member, type JsonObject, type JsonValue } from '../../base/json.ts';
import { limits } from '../../base/limits.ts';
import { asKeyId, type KeyId } from './keys.ts';
import { readBase64, readList, readRecord, readString } from './read.ts';

export interface Signature {
  readonly keyId: KeyId;
  /** Lower case, as Notary compares it. */
  readonly method: string;
  readonly value: Uint8Array;
}

export interface Envelope {
  /** The parsed value as it stands, unknown fields included: the signatures cover all of it (JS-12). */
  readonly signed: JsonObject;
  readonly signatures: readonly Signature[];
}

export function readEnvelope(document: JsonValue): Envelope {
  const envelope = readRecord(document, '$', ['signed', 'signatures']);
  const signed = member(envelope, 'signed');
  if (!isJsonObject(signed)) throw new JsonProblem('$.signed', 'it is not an object');
  const list = readList(member(envelope, 'signatures') ?? [], '$.signatures');
  if (list.length > limits.signatures)
    throw new JsonProblem('$.signatures', `there are more than ${limits.signatures} signatures`);
  return { signed, signatures: list.map((item, i) => readSignature(item, `$.signatures[${i}]`)) };
}

function readSignature(value: JsonValue, path: string): Signature {
  const record = readRecord(value, path, ['keyid', 'method', 'sig']);
  const keyId = asKeyId(readString(record, 'keyid', path));
  if (keyId === undefined) throw new JsonProblem(`${path}.keyid`, 'it is not a key id');
  const method = readString(record, 'method', path).toLowerCase();
  return { keyId, method, value: readBase64(record, 'sig', path) };
}
