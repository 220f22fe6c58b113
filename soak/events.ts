// What happens while clients pull: tags signed anew and revoked, wrong bytes, outages, and policies that come and go.
import { rename, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { succeeds, type Proxy, type User } from '../test/support/real/clients.ts';
import { pushImage } from '../test/support/real/image.ts';
import { until } from '../test/support/real/programs.ts';
import { open, policyText, shelves, spoilable, type Shelf, type TaggedImage } from './catalogue.ts';
import type { Random } from './random.ts';
import type { Servers } from './servers.ts';
import type { Truth } from './truth.ts';

export interface World {
  readonly servers: Servers;
  readonly shelves: readonly Shelf[];
  readonly truth: Truth;
  /** Signs and revokes. */
  readonly owner: User;
  readonly proxy: Proxy;
  readonly policyFile: string;
  /** The value of a meter of the proxy. */
  readonly meter: (series: string) => Promise<number>;
  readonly randomOf: (part: string) => Random;
}

/** Runs from one load to the next; ends soon after `signal`, with everything whole again. */
export type Happening = (world: World, signal: AbortSignal) => Promise<void>;

const attempts = 20;

/** Reading the registry goes through the faulty line too, so it is tried again. */
async function patiently(work: () => ReturnType<User['dct']>): Promise<void> {
  for (let attempt = 1; attempt < attempts; attempt++) if ((await work()).code === 0) return;
  await succeeds(work());
}

/** Signs tags of one repository, in one publication. */
export async function signTags(
  { servers, truth, owner }: Pick<World, 'servers' | 'truth' | 'owner'>,
  repository: string,
  images: readonly TaggedImage[],
): Promise<void> {
  const signatures = images.map(({ tag, image }) => truth.signing(`${repository}:${tag}`, image.digest));
  const names = images.map(({ tag }) => `${servers.host}/${repository}:${tag}`);
  await patiently(() => owner.dct(['sign', ...names]));
  for (const { done } of signatures) done();
}

export const publish: Happening = async (world, signal) => {
  const { servers, truth, owner } = world;
  const random = world.randomOf('publish');
  const changing = world.shelves.filter(({ repository }) => repository in shelves);
  while (!signal.aborted) {
    const { repository, images, signed } = random.pick(changing);
    const tag = random.pick(signed.slice(-2));
    if (random.chance(0.4)) {
      const revocation = truth.revoking(`${repository}:${tag}`);
      // It may be revoked already, which is as good.
      await owner.dct(['revoke', `${servers.host}/${repository}:${tag}`, '--yes']);
      revocation.done();
    } else {
      // What is called unsigned stays so.
      const { image } = random.pick(images.filter((candidate) => signed.includes(candidate.tag)));
      await pushImage(servers.registryUrl, repository, image, tag);
      await signTags(world, repository, [{ tag, image }]);
    }
    await nap(random.whole(500, 3_000), signal);
  }
};

export const spoil: Happening = async ({ servers, shelves: filled, randomOf }, signal) => {
  const random = randomOf('spoil');
  const layers = spoilable(filled);
  while (!signal.aborted) {
    await nap(random.whole(500, 2_000), signal);
    const layer = random.pick(layers);
    await servers.corrupt(layer);
    await nap(random.whole(2_000, 6_000), signal);
    await servers.restore(layer);
  }
};

export const fail: Happening = async ({ servers, randomOf }, signal) => {
  const random = randomOf('fail');
  while (!signal.aborted) {
    await nap(random.whole(3_000, 20_000), signal);
    servers.notaryLine.suffer(random.chance(0.6) ? 'refused' : 'silent');
    await nap(random.whole(1_000, 6_000), signal);
    servers.notaryLine.suffer(undefined);
  }
};

export const reload: Happening = async (world, signal) => {
  const { servers, truth, randomOf } = world;
  const random = randomOf('reload');
  while (!signal.aborted) {
    truth.opening(open);
    await replacePolicy(world, policyText(servers.host, true), 'ok');
    await nap(random.whole(1_000, 6_000), signal);
    await replacePolicy(world, '{"rules":[{"match":"**","require":"nothing"}]}', 'failed');
    await nap(random.whole(500, 3_000), signal);
    await replacePolicy(world, policyText(servers.host, false), 'ok');
    truth.closed(open);
    await nap(random.whole(1_000, 6_000), signal);
  }
};

/** Replaces the file at once, and waits until the proxy has said what it makes of it. */
async function replacePolicy(
  { policyFile, proxy, meter }: World,
  text: string,
  outcome: 'ok' | 'failed',
): Promise<void> {
  const series = `dct_proxy_policy_reloads_total{outcome="${outcome}"}`;
  const before = await meter(series);
  await writeFile(`${policyFile}.new`, text);
  await rename(`${policyFile}.new`, policyFile);
  proxy.signal('SIGHUP');
  await until(async () => (await meter(series)) === before + 1, `the policy to be read again (${outcome})`);
}

async function nap(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => undefined);
}
