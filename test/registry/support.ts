// A registry client for tests: against a local server, with a clock that stands still.
import { createTransport, type ClosableTransport } from '../../src/http/transport.ts';
import { createRegistry, type Registry, type RegistryOptions } from '../../src/registry/index.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { digestOf, type Digest } from '../../src/base/digest.ts';
import type { HttpRequest, HttpResponse, ResponseBody, Transport } from '../../src/base/ports.ts';
import type { Tag } from '../../src/base/reference.ts';

export const tag = (text: string): Tag => text as Tag;
export const json = (value: unknown): Uint8Array => utf8(JSON.stringify(value));

/** A client of that host, anonymous unless told otherwise. */
export function client(host: string, options: Partial<RegistryOptions> = {}): Registry & ClosableTransport {
  const transport = createTransport();
  const registry = createRegistry({
    host,
    transport,
    credentials: () => Promise.resolve(undefined),
    clock: { now: () => 0 },
    pause: () => Promise.resolve(),
    ...options,
  });
  return Object.assign(transport, registry);
}

/** A client of `registry.test` whose transport is a function. */
export function clientOf(transport: Transport, options: Partial<RegistryOptions> = {}): Registry {
  const credentials = () => Promise.resolve(undefined);
  const clock = { now: () => 0 };
  const resolve = () => Promise.resolve(['192.0.2.1']);
  const pause = () => Promise.resolve();
  return createRegistry({ host: 'registry.test', transport, credentials, clock, pause, resolve, ...options });
}

/** An answer made in memory; the body comes in the given pieces, each in a buffer that is reused afterwards. */
export function answer(
  status: number,
  headers: Record<string, string> = {},
  ...pieces: readonly Uint8Array[]
): HttpResponse {
  return { status, headers, body: bodyOf(pieces) };
}

export function bodyOf(pieces: readonly Uint8Array[]): ResponseBody {
  return {
    async deliver(onChunk) {
      for (const piece of pieces) {
        const buffer = Uint8Array.from(piece);
        const pending = onChunk(buffer);
        await pending;
        buffer.fill(0xee);
      }
    },
    cancel: () => undefined,
  };
}

/** A transport that answers by path and remembers what it was asked. */
export function scripted(
  answers: (request: HttpRequest) => HttpResponse | Promise<HttpResponse>,
): Transport & { readonly asked: HttpRequest[] } {
  const asked: HttpRequest[] = [];
  const transport = (request: HttpRequest): Promise<HttpResponse> => {
    asked.push(request);
    return Promise.resolve(answers(request));
  };
  return Object.assign(transport, { asked });
}

export interface Image {
  readonly manifest: Uint8Array;
  readonly digest: Digest;
  readonly layer: Uint8Array;
  readonly layerDigest: Digest;
}

/** A small image in Docker's schema 2. */
export function image(content = 'a layer'): Image {
  const layer = utf8(content);
  const layerDigest = digestOf(layer);
  const config = utf8('{}');
  const manifest = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    config: {
      mediaType: 'application/vnd.docker.container.image.v1+json',
      size: config.length,
      digest: digestOf(config),
    },
    layers: [
      {
        mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
        size: layer.length,
        digest: layerDigest,
      },
    ],
  });
  return { manifest, digest: digestOf(manifest), layer, layerDigest };
}
