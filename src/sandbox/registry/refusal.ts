// What the registry says when it says no: a status and the error envelope (OCI distribution 1.1, "Error Codes").
import { utf8 } from '../../base/bytes.ts';
import type { SandboxAnswer } from '../http/handler.ts';

/** The codes of the specification, and the two that Docker's registry adds to them. */
export type RefusalCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'PAGINATION_NUMBER_INVALID'
  | 'RANGE_INVALID'
  | 'SIZE_INVALID'
  | 'TAG_INVALID'
  | 'TOOMANYREQUESTS'
  | 'UNSUPPORTED';

/** Thrown by whatever finds the fault and turned into an answer in one place; it never leaves the registry. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: RefusalCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: RefusalCode,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export function refusalAnswer({ status, code, message, headers }: Refusal): SandboxAnswer {
  return jsonAnswer({ errors: [{ code, message, detail: null }] }, { status, headers });
}

export function jsonAnswer(
  document: object,
  {
    status = 200,
    headers = {},
  }: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): SandboxAnswer {
  const body = utf8(`${JSON.stringify(document)}\n`);
  return { status, headers: { 'Content-Type': 'application/json', ...headers }, body };
}
