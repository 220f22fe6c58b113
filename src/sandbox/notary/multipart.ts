// A publication's body: one part a role, named by the whole `filename`, directories included (dialect 7.3).
import { Response } from 'undici';
import { concat } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import { asRoleName, type RoleName } from '../../tuf-client/model/index.ts';
import type { SandboxRequest } from '../http/handler.ts';
import { explained, Refusal } from './refusal.ts';
import { readUpload, type Upload } from './upload.ts';

export type Uploads = ReadonlyMap<RoleName, Upload>;

/**
 * The uploaded files by role. Where the real server crashes (a part without `signed`, a part cut short) or takes the last of
 * two parts for one role, this one refuses.
 * @throws Refusal MALFORMED_UPLOAD, NO_FILENAME, INVALID_ROLE, MALFORMED_JSON
 */
export async function readUploads(request: SandboxRequest): Promise<Uploads> {
  const contentType = request.headers['content-type'] ?? '';
  if (!/^multipart\/form-data\s*;/i.test(contentType)) throw new Refusal('MALFORMED_UPLOAD');
  const form = await parseForm(contentType, await readBody(request));
  const uploads = new Map<RoleName, Upload>();
  for (const [, part] of form) {
    if (typeof part === 'string' || part.name === '') throw new Refusal('NO_FILENAME');
    const role = asRoleName(part.name.replace(/\.json$/, ''));
    if (role === undefined) throw explained('INVALID_ROLE', part.name);
    if (uploads.has(role)) throw explained('MALFORMED_UPLOAD', `there are two parts for ${role}`);
    if (uploads.size >= limits.publicationParts)
      throw explained('MALFORMED_UPLOAD', `there are more than ${limits.publicationParts} parts`);
    uploads.set(role, readUpload(role, new Uint8Array(await part.arrayBuffer())));
  }
  return uploads;
}

type Form = Awaited<ReturnType<Response['formData']>>;

async function parseForm(contentType: string, body: Uint8Array): Promise<Form> {
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- what speaks against it in servers is that it holds all of a body, and this one is bounded and held already
    return await new Response(body, { headers: { 'content-type': contentType } }).formData();
  } catch (error) {
    // undici says TypeError for every body that is not the form it was announced to be.
    if (!(error instanceof TypeError)) throw error;
    throw explained('MALFORMED_UPLOAD', 'the parts are not complete, or not as RFC 7578 has them');
  }
}

/** The whole body, whose length is bounded whether or not it was announced. */
async function readBody(request: SandboxRequest): Promise<Uint8Array> {
  const tooLong = explained('MALFORMED_UPLOAD', `it is longer than ${limits.publicationBytes} bytes`, 413);
  if (Number(request.headers['content-length'] ?? 0) > limits.publicationBytes) throw tooLong;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body) {
    length += chunk.byteLength;
    if (length > limits.publicationBytes) throw tooLong;
    chunks.push(chunk);
  }
  return concat(...chunks);
}
