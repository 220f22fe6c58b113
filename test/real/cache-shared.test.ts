// CA-01, CA-10: two proxies over one cache directory, one of them killed in the middle of transfers again and again.
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Proxy, User } from '../support/real/clients.ts';
import { buildImage, largeBlob, pushImage } from '../support/real/image.ts';
import { describeReal } from '../support/real/requirement.ts';
import { useStage } from '../support/real/use-stage.ts';

const MiB = 1024 * 1024;
const blobBytes = 24 * MiB;
const repository = 'team/app';

describeReal(['notary-server', 'docker-registry', 'openssl'], 'two proxies over one cache', () => {
  const stage = useStage();
  let directory: string;
  let user: User;
  const proxies: Proxy[] = [];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dct-shared-'));
    user = await stage.user();
  });
  afterEach(async () => {
    for (const proxy of proxies.splice(0)) await proxy.kill();
    await rm(directory, { recursive: true, force: true });
  });

  /** Its cache has room for two of the three blobs, so that content is evicted while others read it. */
  async function start(): Promise<Proxy> {
    const cache = ['--cache-dir', join(directory, 'cache'), '--cache-size', '60MiB'];
    const proxy = await user.startProxy(['--registry', stage.registry.host, '--quiet', ...cache]);
    proxies.push(proxy);
    return proxy;
  }

  /** The digest of what came; undefined when the connection broke. `onBytes` learns how much came so far. */
  async function download(
    { url }: Proxy,
    digest: string,
    onBytes?: (count: number) => unknown,
  ): Promise<string | undefined> {
    const hash = createHash('sha256');
    let count = 0;
    try {
      const { status, body } = await fetch(`${url}/v2/${repository}/blobs/${digest}`);
      expect(status).toBe(200);
      for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
        hash.update(chunk);
        onBytes?.((count += chunk.byteLength));
      }
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError);
      return undefined;
    }
    return `sha256:${hash.digest('hex')}`;
  }

  /** CA-01: whatever stands under a digest's name is that, at any moment. */
  async function expectOnlyVerified(): Promise<number> {
    const blobs = join(directory, 'cache/blobs/sha256');
    const shards = await readdir(blobs).catch(() => []);
    let count = 0;
    for (const shard of shards)
      for (const name of await readdir(join(blobs, shard))) {
        const bytes = await readFile(join(blobs, shard, name)).catch(() => undefined);
        // Evicted meanwhile.
        if (bytes === undefined) continue;
        expect(createHash('sha256').update(bytes).digest('hex')).toBe(name);
        count++;
      }
    return count;
  }

  it('every byte that anybody gets is right, whatever the dead one left behind, which is swept', async () => {
    const layers = Array.from({ length: 3 }, () => largeBlob(blobBytes));
    await pushImage(stage.registry.url, repository, buildImage({ layers }), 'latest');
    const digestOf = (n: number): string => layers[n % 3]?.digest ?? '';
    const survivor = await start();
    let deaths = 0;
    for (let round = 0; round < 9; round++) {
      const victim = await start();
      const killAt = (round * blobBytes) / 8;
      let isKilled = false;
      const kill = (count: number): void => {
        if (isKilled || count < killAt) return;
        isKilled = true;
        victim.signal('SIGKILL');
      };
      const [cut, ...whole] = await Promise.all([
        download(victim, digestOf(round), kill),
        download(survivor, digestOf(round)),
        download(survivor, digestOf(round + 1)),
      ]);
      expect([digestOf(round), undefined]).toContain(cut);
      if (cut === undefined) deaths++;
      expect(whole).toEqual([digestOf(round), digestOf(round + 1)]);
      await victim.ended;
      await expectOnlyVerified();
    }
    expect(deaths).toBeGreaterThan(5);

    const last = await start();
    for (let n = 0; n < 3; n++) expect(await download(last, digestOf(n))).toBe(digestOf(n));
    await survivor.stop();
    await last.stop();
    expect(await readdir(join(directory, 'cache/incoming'))).toEqual([]);
    expect(await expectOnlyVerified()).toBe(2);
  });
});
