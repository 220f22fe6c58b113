// A small image made from nothing: one layer with one file in it, its configuration, and the manifest over both.
import { concat, utf8 } from '../../base/bytes.ts';
import { digestOf, type Digest } from '../../base/digest.ts';

export interface Image {
  readonly manifest: Uint8Array;
  /** Configuration and layers, by digest. */
  readonly blobs: ReadonlyMap<Digest, Uint8Array>;
}

export const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** More than a proxy can hold back, so that a cut is seen in the middle of the layer. */
const contentBytes = 1024 * 1024;

/** An OCI image with `/message.txt`, a megabyte of `message` (OCI image spec 1.1). */
export function buildImage(message: string): Image {
  const layer = tarOf(
    'message.txt',
    utf8(`${message}\n`.repeat(Math.ceil(contentBytes / (message.length + 1)))),
  );
  const config = json({
    architecture: 'amd64',
    os: 'linux',
    config: { Cmd: ['cat', '/message.txt'] },
    rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
  });
  const describe = (mediaType: string, bytes: Uint8Array): object => {
    return { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
  };
  const manifest = json({
    schemaVersion: 2,
    mediaType: manifestType,
    config: describe('application/vnd.oci.image.config.v1+json', config),
    layers: [describe('application/vnd.oci.image.layer.v1.tar', layer)],
  });
  return { manifest, blobs: new Map([config, layer].map((bytes) => [digestOf(bytes), bytes])) };
}

/** A tar archive with one readable file of root's (POSIX ustar). */
function tarOf(name: string, content: Uint8Array): Uint8Array {
  const block = 512;
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;
  const fields = (checksum: string): Uint8Array =>
    utf8(
      [
        name.padEnd(100, '\0'),
        octal(0o644, 8),
        octal(0, 8),
        octal(0, 8),
        octal(content.byteLength, 12),
        octal(0, 12),
        checksum,
        '0',
        '\0'.repeat(100),
        'ustar\0',
        '00',
      ].join(''),
    );
  // The sum of the header's bytes, taken while its own field is blank.
  const sum = fields(' '.repeat(8)).reduce((total, byte) => total + byte, 0);
  const header = fields(`${sum.toString(8).padStart(6, '0')}\0 `);
  const padded = (bytes: Uint8Array): Uint8Array =>
    concat(bytes, new Uint8Array((block - (bytes.byteLength % block)) % block));
  return concat(padded(header), padded(content), new Uint8Array(2 * block));
}

function json(value: unknown): Uint8Array {
  return utf8(JSON.stringify(value));
}
