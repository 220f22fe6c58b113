// The smallest image there is: one layer, one config, one manifest, pushed over plain HTTP.
import { createHash } from 'node:crypto';

const digestOf = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Pushes an image whose layer is this text, and answers the digests of manifest and layer. */
export async function pushImage(registry, repository, tag, text) {
  const layer = Buffer.from(text);
  const config = Buffer.from(
    JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } }),
  );
  for (const blob of [layer, config]) await pushBlob(registry, repository, blob);
  const descriptor = (mediaType, bytes) => ({ mediaType, digest: digestOf(bytes), size: bytes.length });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: descriptor('application/vnd.oci.image.config.v1+json', config),
      layers: [descriptor('application/vnd.oci.image.layer.v1.tar', layer)],
    }),
  );
  const headers = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' };
  await expectOk(`${registry}/v2/${repository}/manifests/${tag}`, { method: 'PUT', body: manifest, headers });
  return { digest: digestOf(manifest), layer: digestOf(layer) };
}

async function pushBlob(registry, repository, bytes) {
  const begun = await expectOk(`${registry}/v2/${repository}/blobs/uploads/`, { method: 'POST' });
  const location = new URL(begun.headers.get('location'), registry);
  location.searchParams.set('digest', digestOf(bytes));
  const headers = { 'content-type': 'application/octet-stream' };
  await expectOk(location, { method: 'PUT', body: bytes, headers });
}

async function expectOk(url, options) {
  const response = await fetch(url, options);
  if (!response.ok)
    throw new Error(`${options.method} ${url}: HTTP ${response.status} ${await response.text()}`);
  return response;
}
