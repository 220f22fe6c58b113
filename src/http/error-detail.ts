// What a server says about its refusal, cut down to one short line.
import { decodeUtf8 } from '../base/bytes.ts';
import { printable, shorten } from '../base/errors.ts';
import { isJsonObject, member, parseJson, type JsonValue } from '../base/json.ts';
import { limits } from '../base/limits.ts';
import type { HttpResponse } from '../base/ports.ts';
import { readBounded } from './body.ts';

export interface ErrorDetail {
  /** The code of the first error in the JSON form that registries and Notary share; empty when there is none. */
  readonly code: string;
  /** One printable line of at most 200 characters. */
  readonly text: string;
}

/** Reads the body of a refusal. Never fails: a body that is too large, late or broken is only mentioned (MF-17). */
export async function readErrorDetail(response: HttpResponse): Promise<ErrorDetail> {
  let bytes: Uint8Array;
  try {
    bytes = await readBounded(
      response,
      limits.errorBodyBytes,
      'an error message',
      'errorBodyBytes',
      limits.headMs,
    );
  } catch {
    return { code: '', text: 'no readable explanation' };
  }
  const first = firstError(bytes);
  const code = textOf(first, 'code');
  const text = textOf(first, 'message') || code;
  if (text !== '') return { code, text: line(code === '' || code === text ? text : `${code}: ${text}`) };
  const type = response.headers['content-type'] ?? '';
  const plain = type.startsWith('text/plain') ? decodeUtf8(bytes) : undefined;
  return {
    code: '',
    text: plain === undefined || plain.trim() === '' ? 'without explanation' : line(plain.trim()),
  };
}

function firstError(bytes: Uint8Array): JsonValue | undefined {
  try {
    const document = parseJson(bytes, { numbers: 'any' });
    const errors = isJsonObject(document) ? member(document, 'errors') : undefined;
    return Array.isArray(errors) ? (errors as readonly JsonValue[])[0] : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: JsonValue | undefined, name: string): string {
  const found = isJsonObject(value) ? member(value, name) : undefined;
  return typeof found === 'string' ? found : '';
}

function line(text: string): string {
  return printable(shorten(text));
}
