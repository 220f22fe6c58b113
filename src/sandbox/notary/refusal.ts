// What the server says no with: a code of Notary's error envelope, and what clients read in `detail` (dialect 7.4).
import { utf8 } from '../../base/bytes.ts';
import type { JsonValue } from '../../base/json.ts';
import { limits } from '../../base/limits.ts';
import type { SandboxAnswer } from '../http/handler.ts';

const messages = {
  NO_FILENAME: [400, 'No file/role name provided.'],
  INVALID_ROLE: [400, 'The role you are attempting to operate on is invalid.'],
  MALFORMED_JSON: [400, 'JSON sent by the client could not be parsed by the server'],
  MALFORMED_UPLOAD: [400, 'The body of your request is malformed.'],
  INVALID_UPDATE: [400, 'Update sent by the client is invalid.'],
  INVALID_GUN: [400, 'The server does not support actions on images of this name.'],
  INVALID_PARAMETERS: [400, 'The parameters provided are not valid.'],
  VERSION: [400, 'A newer version of metadata is already available.'],
  METADATA_NOT_FOUND: [404, 'You have requested metadata that does not exist.'],
  UPDATING: [500, 'An error has occurred while updating the TUF repository.'],
  UNKNOWN: [500, 'unknown error'],
} as const;

export type RefusalCode = keyof typeof messages;

/** The five kinds of invalid updates that Notary's clients know by name. */
export type InvalidUpdate =
  'ErrValidation' | 'ErrBadHierarchy' | 'ErrBadRoot' | 'ErrBadTargets' | 'ErrBadSnapshot';

/** Ends a request with this error envelope. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  /** `undefined` leaves the member out; `{}` is what Go makes of an error without public fields. */
  readonly detail: JsonValue | ((shorten: (text: string) => string) => JsonValue) | undefined;
  readonly status: number;

  constructor(code: RefusalCode, detail?: Refusal['detail'], status: number = messages[code][0]) {
    super(messages[code][1]);
    this.code = code;
    this.detail = detail;
    this.status = status;
  }
}

/** An update that breaks the rules; `extra` are members beside `Msg`. */
export function invalidUpdate(
  name: InvalidUpdate,
  problem: string,
  extra: Readonly<Record<string, string>> = {},
): Refusal {
  return new Refusal('INVALID_UPDATE', (shorten) => ({
    Name: name,
    Error: { Msg: shorten(problem), ...extra },
  }));
}

/** A refusal with an explanation in words. */
export function explained(code: RefusalCode, problem: string, status?: number): Refusal {
  return new Refusal(code, (shorten) => shorten(problem), status);
}

/** The error envelope, short enough for clients that read only so much of it. */
export function refuse(refusal: Refusal): SandboxAnswer {
  const { code, detail, message, status } = refusal;
  const render = (characters: number): Uint8Array => {
    const shorten = (text: string): string =>
      text.length <= characters ? text : `${text.slice(0, characters).toWellFormed()}…`;
    const shown = typeof detail === 'function' ? detail(shorten) : detail;
    const error = { code, message, ...(shown !== undefined && { detail: shown }) };
    return utf8(`${JSON.stringify({ errors: [error] })}\n`);
  };
  let characters: number = limits.refusalBytes;
  let body = render(characters);
  // Escapes and UTF-8 make text grow, so the limit in bytes is found by trying.
  while (body.byteLength > limits.refusalBytes && characters > 0) {
    characters = Math.floor(characters / 2);
    body = render(characters);
  }
  return { status, headers: { 'Content-Type': 'application/json; charset=utf-8' }, body };
}
