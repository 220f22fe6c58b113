// Transports made of functions, for tests that need no socket.
import { utf8 } from '../../src/base/bytes.ts';
import type { HttpRequest, HttpResponse, Transport } from '../../src/base/ports.ts';

/** An answer made in memory. */
export function answer(
  status: number,
  headers: Record<string, string> = {},
  body: string | Uint8Array = '',
): HttpResponse {
  const bytes = typeof body === 'string' ? utf8(body) : body;
  return {
    status,
    headers,
    body: {
      deliver: async (onChunk) => {
        if (bytes.length > 0) await onChunk(bytes);
      },
      cancel: () => undefined,
    },
  };
}

export type Recorded = Transport & { readonly asked: HttpRequest[] };

/** A transport that answers by function and remembers what it was asked. */
export function scripted(answers: (request: HttpRequest) => HttpResponse): Recorded {
  const asked: HttpRequest[] = [];
  const transport = (request: HttpRequest): Promise<HttpResponse> => {
    asked.push(request);
    return Promise.resolve().then(() => answers(request));
  };
  return Object.assign(transport, { asked });
}

export const get = (url: string, headers: Record<string, string> = {}): HttpRequest => ({
  method: 'GET',
  url: new URL(url),
  headers,
});
