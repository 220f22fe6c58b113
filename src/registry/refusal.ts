// What a registry's status code means for the one who asked.
import { DctError, isDctError } from '../base/errors.ts';
import { readErrorDetail } from '../http/error-detail.ts';
import type { HttpResponse } from '../base/ports.ts';

/** What was asked for, in the words of the error to be made. */
export interface Asked {
  readonly url: URL;
  readonly repository: string;
  /** How the user would name it; undefined when the repository itself was asked for. */
  readonly reference?: string;
  readonly kind: 'manifest' | 'blob' | 'repository';
  /** Who asked, for messages. */
  readonly user: string;
}

/** The error for an answer that is not 200; reads its explanation (OCI distribution 1.1, error codes). */
export async function refusal(response: HttpResponse, asked: Asked): Promise<DctError> {
  const { status } = response;
  const { code, text } = await readErrorDetail(response);
  const url = withoutQuery(asked.url);
  if (status === 401 || status === 403)
    return new DctError('REGISTRY_DENIED', { url, status, user: asked.user });
  if (status === 404) return notFound(asked, code);
  if (status >= 500 || status === 429) return new DctError('SERVER_ERROR', { url, status });
  return new DctError('REGISTRY_REFUSED', { url, status, detail: text });
}

function notFound({ kind, repository, reference = repository }: Asked, code: string): DctError {
  if (kind === 'repository' || code === 'NAME_UNKNOWN') return new DctError('NAME_UNKNOWN', { repository });
  return new DctError(kind === 'manifest' ? 'MANIFEST_UNKNOWN' : 'BLOB_UNKNOWN', { reference });
}

/** A token server that denies access does so in the registry's name. */
export function inRegistrysName(error: unknown): unknown {
  if (!isDctError(error, 'ACCESS_DENIED')) return error;
  const { url, status, user } = error.facts as { url: string; status: number; user: string };
  return new DctError('REGISTRY_DENIED', { url, status, user }, error);
}

/** Queries can hold signatures. */
function withoutQuery(url: URL): string {
  return url.origin + url.pathname;
}
