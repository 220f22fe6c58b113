// Somebody changes an image inside the registry's storage: nobody behind the proxy ever receives it whole.
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Proxy, succeeds, type User } from '../support/real/clients.ts';
import { buildImage, type Image, pushImage, randomBlob } from '../support/real/image.ts';
import type { Outcome } from '../support/real/programs.ts';
import { rawGet } from '../support/real/raw-http.ts';
import { describeReal } from '../support/real/requirement.ts';
import { useStage } from '../support/real/use-stage.ts';

const layerSize = 3 * 1024 * 1024 + 17;

interface Tampering {
  readonly name: string;
  readonly change: (content: Buffer) => Buffer;
}

const flipBit = (content: Buffer, offset: number): Buffer => {
  const changed = Buffer.from(content);
  changed[offset] = (changed[offset] ?? 0) ^ 1;
  return changed;
};

const tamperings: readonly Tampering[] = [
  { name: 'replaced by other content', change: () => Buffer.from('Malicious data') },
  { name: 'one bit flipped in the first byte', change: (content) => flipBit(content, 0) },
  { name: 'one bit flipped in the last byte', change: (content) => flipBit(content, content.length - 1) },
  { name: 'cut short by one byte', change: (content) => content.subarray(0, -1) },
  { name: 'extended by one byte', change: (content) => Buffer.concat([content, Buffer.from([0])]) },
  { name: 'emptied', change: () => Buffer.alloc(0) },
];

describeReal(['notary-server', 'docker-registry', 'skopeo', 'openssl'], 'a tampered layer', () => {
  const stage = useStage();
  let owner: User;
  let puller: User;
  let proxy: Proxy;
  /** Hashes on threads of its own. */
  let threaded: Proxy;
  let repository: string;

  beforeAll(async () => {
    [owner, puller] = [await stage.user(), await stage.user()];
    const options = ['--registry', stage.registry.host, '--tofu'];
    proxy = await puller.startProxy([...options, '--workers', '0']);
    threaded = await puller.startProxy([
      ...options,
      ...['--workers', '2', '--cache-dir', join(puller.home, 'threaded')],
    ]);
  });
  afterAll(async () => {
    await Promise.all([proxy.stop(), threaded.stop()]);
  });
  beforeEach(() => {
    repository = stage.newRepository();
  });

  async function pushSigned(tag: string): Promise<{ image: Image; layer: string; layerFile: string }> {
    const layer = randomBlob(layerSize);
    const image = buildImage({ layers: [layer] });
    await pushImage(stage.registry.url, stage.pathOf(repository), image, tag);
    await succeeds(owner.dct(['sign', `${repository}:${tag}`]));
    return { image, layer: layer.digest, layerFile: stage.registry.blobFile(layer.digest) };
  }

  function copy(tag: string): Promise<Outcome> {
    const source = `docker://${proxy.host}/${stage.pathOf(repository)}:${tag}`;
    return puller.skopeo([
      'copy',
      '--src-tls-verify=false',
      source,
      `dir:${join(puller.home, `${basename(repository)}-${tag}`)}`,
    ]);
  }

  it.each(tamperings)('$name: no client gets a complete body, others pull on', async ({ change }) => {
    const { layer, layerFile } = await pushSigned('1.0');
    await pushSigned('other');
    const path = `/v2/${stage.pathOf(repository)}/blobs/${layer}`;
    const genuine = await readFile(layerFile);
    await writeFile(layerFile, change(genuine));

    expect((await copy('1.0')).code).not.toBe(0);
    for (const { host } of [proxy, threaded]) {
      const response = await rawGet(host, path);
      // Nothing at all and a body that breaks off are both fine; a whole body is not.
      expect(response.status === 200 && response.complete).toBe(false);
    }
    await succeeds(copy('other'));

    await writeFile(layerFile, genuine);
    for (const { host } of [proxy, threaded]) {
      const restored = await rawGet(host, path);
      expect(restored).toMatchObject({ status: 200, complete: true });
      expect(restored.body.equals(genuine)).toBe(true);
    }
    await succeeds(copy('1.0'));
  });

  it.each(tamperings)(
    '$name: verify --deep refuses, plain verify of the trust data passes',
    async ({ change }) => {
      const { layerFile } = await pushSigned('1.0');
      await succeeds(puller.dct(['verify', `${repository}:1.0`, '--deep']));
      await writeFile(layerFile, change(await readFile(layerFile)));

      expect(await puller.dct(['verify', `${repository}:1.0`, '--deep'])).toMatchObject({ code: 3 });
      expect(await puller.dct(['verify', `${repository}:1.0`])).toMatchObject({ code: 0 });
    },
  );

  it('an altered manifest is refused before its first byte', async () => {
    const { image } = await pushSigned('1.0');
    const file = stage.registry.blobFile(image.digest);
    const genuine = await readFile(file, 'utf8');
    await writeFile(file, genuine.replace('"schemaVersion":2', '"schemaVersion": 2'));

    for (const reference of ['1.0', image.digest]) {
      const response = await rawGet(proxy.host, `/v2/${stage.pathOf(repository)}/manifests/${reference}`);
      expect(response, reference).toMatchObject({ status: 403, complete: true });
      expect(JSON.parse(response.body.toString()), reference).toMatchObject({ errors: [{ code: 'DENIED' }] });
    }
    expect((await copy('1.0')).code).not.toBe(0);
    expect(await puller.dct(['verify', `${repository}:1.0`, '--deep'])).toMatchObject({ code: 3 });
  });
});
