// Twenty dct at once on one key store and one repository: every signature is there in the end, and no exit code lies (P-03).
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { succeeds } from '../support/real/clients.ts';
import { buildImage, type Image, pushImage } from '../support/real/image.ts';
import type { Outcome } from '../support/real/programs.ts';
import { signedTags } from '../support/real/repositories.ts';
import { describeReal } from '../support/real/requirement.ts';
import { type SandboxProcess, sandboxUser, startSandboxProcess } from '../support/real/sandbox-process.ts';
import { useStage } from '../support/real/use-stage.ts';

const tags = Array.from({ length: 20 }, (_, position) => `t${String(position + 1).padStart(2, '0')}`);

/** What `dct list --json` says is signed. */
async function listed(list: Promise<Outcome>): Promise<ReadonlyMap<string, string>> {
  const { tags: rows } = JSON.parse((await succeeds(list)).stdout) as {
    tags: readonly { tag: string; digest: string }[];
  };
  return new Map(rows.map(({ tag, digest }) => [tag, digest]));
}

/** One image a tag, each of its own, so that a signature for the wrong one shows. */
async function push(url: string, path: string): Promise<ReadonlyMap<string, string>> {
  const images = new Map<string, Image>([...tags, 'first'].map((tag) => [tag, buildImage()]));
  for (const [tag, image] of images) await pushImage(url, path, image, tag);
  return new Map([...images].map(([tag, { digest }]) => [tag, digest]));
}

/**
 * Runs all of them at once. On a busy machine a server may be too slow for some, who say so (exit code 4): they have not
 * signed, and do so now. Every other exit code has to be 0.
 */
async function signAll(dct: (tag: string) => Promise<Outcome>): Promise<readonly Outcome[]> {
  const outcomes = await Promise.all(tags.map(dct));
  const late = tags.filter((_, position) => outcomes[position]?.code === 4);
  const again: Outcome[] = [];
  for (const tag of late) again.push(await dct(tag));
  return [...outcomes.filter(({ code }) => code !== 4), ...again];
}

describeReal(['notary-server', 'docker-registry', 'notary', 'openssl'], 'with notary-server', () => {
  const stage = useStage();

  it.each([
    { what: 'a repository that exists', begins: false },
    { what: 'a repository that the first of them creates', begins: true },
  ])('twenty signers of $what', async ({ begins }) => {
    const repository = stage.newRepository();
    const digests = await push(stage.registry.url, stage.pathOf(repository));
    const owner = await stage.user();
    if (!begins) await succeeds(owner.dct(['sign', `${repository}:first`]));

    const outcomes = await signAll((tag) => owner.dct(['sign', `${repository}:${tag}`]));

    expect(outcomes.filter(({ code }) => code !== 0)).toEqual([]);
    expect(outcomes.flatMap(({ stdout }) => stdout.match(/^signed /gmu) ?? [])).toHaveLength(tags.length);
    const expected = [...digests].filter(([tag]) => !begins || tag !== 'first').sort();
    const byOthers = await signedTags(await stage.user(), repository);
    expect(byOthers.map(({ tag, digest }) => [tag, digest]).sort()).toEqual(expected);
    expect([...(await listed((await stage.user()).dct(['list', repository, '--json'])))].sort()).toEqual(
      expected,
    );
  });
});

describeReal([], 'with the embedded server', () => {
  let directory: string;
  let sandbox: SandboxProcess;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dct-parallel-'));
    sandbox = await startSandboxProcess({ directory });
  });
  afterAll(async () => {
    await sandbox.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('twenty signers of a repository that exists', async () => {
    const repository = `${sandbox.registry}/team/app`;
    const digests = await push(`http://${sandbox.registry}`, 'team/app');
    const owner = await sandboxUser(sandbox, { home: join(directory, 'owner') });
    await succeeds(owner.dct('sign', `${repository}:first`));

    const outcomes = await signAll((tag) => owner.dct('sign', `${repository}:${tag}`));

    expect(outcomes.filter(({ code }) => code !== 0)).toEqual([]);
    expect(outcomes.flatMap(({ stdout }) => stdout.match(/^signed /gmu) ?? [])).toHaveLength(tags.length);
    expect([...(await listed(owner.dct('list', repository, '--json')))].sort()).toEqual([...digests].sort());
  });
});
