// A layer of half a gigabyte passes the proxy without staying in its memory.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { expectBelow } from '../support/measured.ts';
import { buildImage, largeBlob, pushImage } from '../support/real/image.ts';
import { describeReal } from '../support/real/requirement.ts';
import { useStage } from '../support/real/use-stage.ts';

const MiB = 1024 * 1024;
const grown = 'MiB that the proxy grew by';

/** Peak resident memory of a process, in bytes (proc(5), VmHWM). */
async function peakMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/mu.exec(status) ?? [];
  return Number(kibibytes) * 1024;
}

async function download(url: string): Promise<{ size: number; digest: string }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, resolve).on('error', reject);
  });
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { size, digest: `sha256:${hash.digest('hex')}` };
}

describeReal(['notary-server', 'docker-registry', 'openssl'], 'a large layer', () => {
  const stage = useStage();

  it('of 500 MiB raises the memory of the proxy by less than 64 MiB', async ({ task }) => {
    const puller = await stage.user();
    const repository = stage.newRepository();
    const [large, small] = [largeBlob(500 * MiB), largeBlob(MiB)];
    await pushImage(
      stage.registry.url,
      stage.pathOf(repository),
      buildImage({ layers: [small, large] }),
      '1.0',
    );
    const proxy = await puller.startProxy(['--registry', stage.registry.host, '--tofu']);
    const blobs = `${proxy.url}/v2/${stage.pathOf(repository)}/blobs`;
    try {
      expect(await download(`${blobs}/${small.digest}`)).toEqual({ size: small.size, digest: small.digest });
      const before = await peakMemory(proxy.pid);
      expect(await download(`${blobs}/${large.digest}`)).toEqual({ size: large.size, digest: large.digest });
      expectBelow(task, { what: grown, value: ((await peakMemory(proxy.pid)) - before) / MiB, bound: 64 });
    } finally {
      await proxy.stop();
    }
  });

  it('stays in the registry while a client stops reading', async ({ task }) => {
    const puller = await stage.user();
    const repository = stage.newRepository();
    const large = largeBlob(256 * MiB);
    await pushImage(stage.registry.url, stage.pathOf(repository), buildImage({ layers: [large] }), '1.0');
    const proxy = await puller.startProxy(['--registry', stage.registry.host, '--tofu']);
    const blobs = `${proxy.url}/v2/${stage.pathOf(repository)}/blobs`;
    try {
      const before = await peakMemory(proxy.pid);
      const stalled = await new Promise<IncomingMessage>((resolve, reject) => {
        get(`${blobs}/${large.digest}`, resolve).on('error', reject);
      });
      // The stalled client took nothing but the head; another one reads the same layer to its end meanwhile.
      expect(await download(`${blobs}/${large.digest}`)).toMatchObject({ digest: large.digest });
      expectBelow(task, { what: grown, value: ((await peakMemory(proxy.pid)) - before) / MiB, bound: 64 });
      stalled.destroy();
    } finally {
      await proxy.stop();
    }
  });
});
