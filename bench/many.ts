// Many repositories, and many tags in one: the first answer about each, and what the proxy remembers of them.
import { buildImage, pushImage, type Image } from '../test/support/real/image.ts';
import { succeeds, type User } from '../test/support/real/clients.ts';
import type { Stage } from '../test/support/real/stage.ts';
import { median } from './median.ts';
import { usageOf } from './usage.ts';

export interface Growth {
  readonly what: string;
  /** Milliseconds of a first answer, which has to ask the Notary server: the median when there are several. */
  readonly first: number;
  /** Of an answer after that. */
  readonly again: number;
  /** Resident memory above that of the proxy before its first request, in bytes. */
  readonly memoryGrowth: number;
}

export interface Many {
  readonly stage: Stage;
  /** Signs everything, and starts the proxies. */
  readonly owner: User;
}

/** Asks one proxy for a tag in each of 1, 10, 100 … repositories. */
export async function measureRepositories({ stage, owner }: Many, most: number): Promise<readonly Growth[]> {
  const image = buildImage();
  const names = Array.from({ length: most }, (_, i) => `many/app${i}`);
  for (const name of names) await pushImage(stage.registry.url, name, image, 'v1');
  await succeeds(owner.dct(['sign', '--quiet', ...names.map((name) => `${stage.registry.host}/${name}:v1`)]));
  return withProxy({ stage, owner }, async (ask, memory) => {
    const found: Growth[] = [];
    for (const count of powersOfTen(most)) {
      const fresh = names
        .slice(found.length === 0 ? 0 : count / 10, count)
        .map((name) => [name, 'v1'] as const);
      const first = median(await inTurn(fresh, ask));
      const again = median(await inTurn(fresh, ask));
      found.push({ what: `${count} repositories`, first, again, memoryGrowth: await memory() });
    }
    return found;
  });
}

/** Asks a new proxy each time for one tag of a repository that has 10, 100, 1000 … of them. */
export async function measureTags({ stage, owner }: Many, most: number): Promise<readonly Growth[]> {
  const image = buildImage();
  const found: Growth[] = [];
  for (const count of powersOfTen(most).slice(1)) {
    const repository = `many/tags${count}`;
    await pushImage(stage.registry.url, repository, image, 'v0');
    for (let i = 1; i < count; i++) await tagAgain(stage.registry.url, repository, image, `v${i}`);
    await succeeds(owner.dct(['sign', '--quiet', '--all-tags', `${stage.registry.host}/${repository}`]));
    const growth = await withProxy({ stage, owner }, async (ask, memory) => {
      const first = await ask(repository, 'v1');
      const again = median(
        await inTurn(
          Array.from({ length: 100 }, () => [repository, 'v2'] as const),
          ask,
        ),
      );
      return { what: `${count} tags in one repository`, first, again, memoryGrowth: await memory() };
    });
    found.push(growth);
  }
  return found;
}

type Ask = (repository: string, tag: string) => Promise<number>;

async function withProxy<T>(
  { stage, owner }: Many,
  measure: (ask: Ask, memory: () => Promise<number>) => Promise<T>,
): Promise<T> {
  const proxy = await owner.startProxy([
    '--registry',
    stage.registry.host,
    '--tofu',
    '--no-cache',
    '--quiet',
  ]);
  try {
    const ask: Ask = async (repository, tag) => {
      const started = performance.now();
      const { status } = await fetch(`${proxy.url}/v2/${repository}/manifests/${tag}`, { method: 'HEAD' });
      if (status !== 200) throw new Error(`${repository}:${tag} is answered with ${status}`);
      return performance.now() - started;
    };
    const { resident } = await usageOf(proxy.pid);
    return await measure(ask, async () => (await usageOf(proxy.pid)).resident - resident);
  } finally {
    await proxy.stop();
  }
}

async function inTurn(names: readonly (readonly [string, string])[], ask: Ask): Promise<readonly number[]> {
  const times: number[] = [];
  for (const [repository, tag] of names) times.push(await ask(repository, tag));
  return times;
}

function powersOfTen(most: number): readonly number[] {
  const counts: number[] = [];
  for (let count = 1; count <= most; count *= 10) counts.push(count);
  return counts;
}

/** Another name for a manifest that the repository has. */
async function tagAgain(registry: string, repository: string, image: Image, tag: string): Promise<void> {
  const { status } = await fetch(`${registry}/v2/${repository}/manifests/${tag}`, {
    method: 'PUT',
    headers: { 'content-type': image.mediaType },
    body: Buffer.from(image.bytes),
  });
  if (status !== 201) throw new Error(`the registry answers ${status} to a push of ${repository}:${tag}`);
}
