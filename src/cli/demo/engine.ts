// What a container engine does on the wire, and no more: it pushes, and it pulls without checking anything.
import { decodeUtf8 } from '../../base/bytes.ts';
import { DctError, isDctError } from '../../base/errors.ts';
import { isJsonObject, parseJson, type JsonValue } from '../../base/json.ts';
import { limits } from '../../base/limits.ts';
import type { HttpRequest, HttpResponse, Transport } from '../../base/ports.ts';
import { readBounded } from '../../http/body.ts';
import { manifestType, type Image } from './image.ts';

/** How a pull ended. It checks nothing itself, so every refusal is somebody else's. */
export type PullOutcome =
  | { readonly kind: 'complete'; readonly bytes: number }
  | { readonly kind: 'refused'; readonly status: number; readonly message: string }
  | { readonly kind: 'cut'; readonly received: number; readonly size: number };

/** Pushes over plain HTTP, as engines do to registries on loopback (OCI distribution 1.1, "Push"). */
export async function push(
  transport: Transport,
  host: string,
  repository: string,
  tag: string,
  image: Image,
): Promise<void> {
  const base = `http://${host}/v2/${repository}`;
  for (const [digest, bytes] of image.blobs) {
    const begun = await send(transport, 202, { method: 'POST', url: new URL(`${base}/blobs/uploads/`) });
    const url = new URL(begun.headers['location'] ?? '', base);
    url.searchParams.set('digest', digest);
    await send(transport, 201, { method: 'PUT', url, body: bytes });
  }
  const url = new URL(`${base}/manifests/${tag}`);
  const headers = { 'content-type': manifestType };
  await send(transport, 201, { method: 'PUT', url, body: image.manifest, headers });
}

/** Pulls a manifest and everything it names, as fast as it comes (OCI distribution 1.1, "Pull"). */
export async function pull(
  transport: Transport,
  host: string,
  repository: string,
  reference: string,
): Promise<PullOutcome> {
  const get = (path: string): Promise<HttpResponse> => {
    const url = new URL(`http://${host}/v2/${repository}/${path}`);
    return transport({ method: 'GET', url, headers: { accept: manifestType } });
  };
  const answer = await get(`manifests/${reference}`);
  const manifest = await readBounded(answer, limits.manifestBytes, 'the answer', 'manifestBytes');
  if (answer.status !== 200) return { kind: 'refused', status: answer.status, message: messageIn(manifest) };
  let total = manifest.byteLength;
  for (const digest of digestsIn(parseJson(manifest, { numbers: 'any' }))) {
    const layer = { received: 0, size: 0 };
    try {
      const response = await get(`blobs/${digest}`);
      layer.size = Number(response.headers['content-length']);
      await response.body.deliver((chunk) => {
        layer.received += chunk.byteLength;
      });
    } catch (error) {
      if (isDctError(error, 'CUT_OFF')) return { kind: 'cut', ...layer };
      throw error;
    }
    total += layer.received;
  }
  return { kind: 'complete', bytes: total };
}

async function send(
  transport: Transport,
  expected: number,
  request: Partial<HttpRequest> & Pick<HttpRequest, 'method' | 'url'>,
): Promise<HttpResponse> {
  const response = await transport({ headers: {}, ...request });
  const body = await readBounded(response, limits.errorBodyBytes, 'the answer', 'errorBodyBytes');
  if (response.status === expected) return response;
  throw new DctError('BUG', {
    problem: `the sandbox answered a push with status ${response.status}: ${messageIn(body)}`,
  });
}

function digestsIn(manifest: JsonValue): readonly string[] {
  if (!isJsonObject(manifest)) return [];
  const layers = Array.isArray(manifest['layers']) ? (manifest['layers'] as readonly JsonValue[]) : [];
  return [manifest['config'], ...layers].flatMap((entry) =>
    isJsonObject(entry) && typeof entry['digest'] === 'string' ? [entry['digest']] : [],
  );
}

/** The first error's message, as engines show it. */
function messageIn(body: Uint8Array): string {
  const text = decodeUtf8(body) ?? '';
  return /"message":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? text;
}
