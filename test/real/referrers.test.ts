// Referrers through `dct proxy`: from a registry with the API for them, and from Docker's, where clients keep a tag instead.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Proxy } from '../support/real/clients.ts';
import { buildImage, type Image, pushImage, referrersIndex } from '../support/real/image.ts';
import { rawGet } from '../support/real/raw-http.ts';
import { describeReal } from '../support/real/requirement.ts';
import { type SandboxRegistry, startSandboxRegistry } from '../support/real/sandbox-registry.ts';
import { useStage } from '../support/real/use-stage.ts';

const ociIndex = 'application/vnd.oci.image.index.v1+json';
const signature = 'application/vnd.example.signature';

describeReal(['notary-server', 'docker-registry', 'openssl'], 'PX-15: referrers', () => {
  const stage = useStage();
  const image = buildImage();
  const { mediaType, digest, size } = image;
  const subject = { mediaType, digest, size };
  const referrer = buildImage({ members: { artifactType: signature, subject } });
  const entry = {
    mediaType: referrer.mediaType,
    digest: referrer.digest,
    size: referrer.size,
    artifactType: signature,
  };
  let sandbox: SandboxRegistry;
  let proxy: Proxy;

  beforeAll(async () => {
    sandbox = await startSandboxRegistry();
    const [docker, other] = [stage.registry, sandbox];
    for (const { url } of [docker, other]) await pushImage(url, 'app', image, '1.0');
    await pushImage(other.url, 'app', referrer);
    await pushImage(docker.url, 'app', referrersIndex([referrer], signature), digest.replace(':', '-'));

    const user = await stage.user();
    const policy = join(user.home, 'policy.json');
    const rules = [
      { match: `${docker.host}/app`, require: 'signed', referrers: 'pass' },
      { match: `${other.host}/app`, require: 'signed', referrers: 'pass' },
      { match: '**', require: 'signed' },
    ];
    await writeFile(policy, JSON.stringify({ rules }));
    const registries = ['--registry', docker.host, '--registry', other.host];
    proxy = await user.startProxy([...registries, '--policy', policy, '--no-cache']);
  });
  afterAll(async () => {
    await proxy.stop();
    await sandbox.close();
  });

  const registries = [
    { name: "Docker's registry, by the tag", host: () => stage.registry.host },
    { name: "the sandbox's registry, by the API", host: () => sandbox.host },
  ];
  const list = (host: string, of: Image, query = '') =>
    rawGet(proxy.host, `/v2/app/referrers/${of.digest}?ns=${host}${query}`);

  it.each(registries)('of $name: listed, and each of them is there', async ({ host }) => {
    const { status, headers, body } = await list(host(), image);
    expect([status, headers.get('content-type')]).toEqual([200, ociIndex]);
    const index = { schemaVersion: 2, mediaType: ociIndex, manifests: [entry] };
    expect(JSON.parse(body.toString())).toEqual(index);
    const fetched = await rawGet(proxy.host, `/v2/app/manifests/${referrer.digest}?ns=${host()}`);
    expect(fetched.body.equals(referrer.bytes)).toBe(true);
  });

  it.each(registries)('of $name: filtered', async ({ host }) => {
    const { headers, body } = await list(host(), image, '&artifactType=a/b');
    expect(headers.get('oci-filters-applied')).toBe('artifactType');
    expect(JSON.parse(body.toString())).toMatchObject({ manifests: [] });
  });

  it.each(registries)('of $name: none is an empty list', async ({ host }) => {
    const { status, body } = await list(host(), referrer);
    expect(status).toBe(200);
    expect(JSON.parse(body.toString())).toMatchObject({ manifests: [] });
  });

  it('where they are blocked, nobody asks the registry', async () => {
    const path = `/v2/other/referrers/${image.digest}`;
    const { status, body } = await rawGet(proxy.host, path);
    expect(status).toBe(403);
    expect(body.toString()).toContain('REFERRERS_BLOCKED');
    expect(stage.registry.accessLog().filter((line) => line.path.startsWith('/v2/other/'))).toEqual([]);
  });
});
