// PX-19: what strict rules remember of manifests is bounded, and what nobody asked for longest makes room.
import { describe, expect, it, vi } from 'vitest';
import type { Digest } from '../../../src/base/digest.ts';
import { DctError } from '../../../src/base/errors.ts';
import { limits } from '../../../src/base/limits.ts';
import { ReachableContent } from '../../../src/proxy/policy/reachable.ts';
import type { SignedTags } from '../../../src/proxy/policy/signed-tags.ts';
import type { Manifest } from '../../../src/registry/index.ts';
import { gunOf } from '../fakes.ts';

vi.mock(import('../../../src/base/limits.ts'), async (importOriginal) => {
  const { limits: real } = await importOriginal();
  return { limits: { ...real, reachableReferences: 100, reachableReadsAtOnce: 1 } as unknown as typeof real };
});

describe('PX-19: what was learnt from manifests', () => {
  const bound = limits.reachableReferences;
  const rootOf = (n: number): Digest => `sha256:root-${n}` as Digest;
  const childOf = (n: number): Digest => `sha256:child-${n}` as Digest;
  /** What is known after manifests were served that count so many references, each in a repository of its own. */
  const learnt = (...sizes: readonly number[]): ReachableContent => {
    const content = new ReachableContent({ now: () => 0 }, 1);
    for (const [n, size] of sizes.entries()) {
      const digests = Array.from({ length: size - 2 }, (_, i) => `sha256:${i}` as Digest);
      const references = [childOf(n), ...digests].map((digest) => ({
        digest,
        size: 1,
        mediaType: 'x/y',
        kind: 'layer' as const,
      }));
      content.learn(gunOf(`app${n}`), { digest: rootOf(n), references } as unknown as Manifest);
    }
    return content;
  };
  /** `known`, or the code of the refusal, while the registry has nothing any more. */
  const ask = (content: ReachableContent, n: number, digest: Digest): Promise<string> => {
    const root = rootOf(n);
    const roots = {
      signed: { digests: () => [root] } as unknown as SignedTags,
      has: (one: Digest) => one === root,
    };
    const read = (): never => {
      throw new DctError('MANIFEST_UNKNOWN', { reference: root });
    };
    return content
      .check(gunOf(`app${n}`), digest, { roots, read, signal: new AbortController().signal })
      .then(
        () => 'known',
        (error: unknown) => (error as DctError).code,
      );
  };

  it.each<{ name: string; sizes: readonly number[]; answers: readonly string[] }>([
    { name: 'is kept up to the bound', sizes: [bound / 2, bound / 2], answers: ['known', 'known'] },
    {
      name: 'beyond it makes room, where nobody asked for longest',
      sizes: [2, bound / 2, bound / 2 - 1],
      answers: ['NOT_REACHABLE', 'known', 'known'],
    },
    { name: 'is kept where it is more than that alone', sizes: [bound + 1], answers: ['known'] },
  ])('$name', async ({ sizes, answers }) => {
    const content = learnt(...sizes);
    expect(await Promise.all(sizes.map((_, n) => ask(content, n, childOf(n))))).toEqual(answers);
  });

  it.each([
    { size: bound, answer: 'NOT_REACHABLE' },
    { size: bound + 1, answer: 'REACHABLE_TOO_MUCH' },
  ])(
    '$size references of one repository: a digest that is not among them is $answer',
    async ({ size, answer }) => {
      expect(await ask(learnt(size), 0, childOf(1))).toBe(answer);
    },
  );

  it.each([2, 3, 5, 9])('%i repositories that are read at once all come to their end', async (count) => {
    const content = new ReachableContent({ now: () => 0 }, 1);
    const manifests = 10;
    let reads = 0;
    const checks = Array.from({ length: count }, async (_, n) => {
      const roots = Array.from({ length: manifests }, (_root, i) => `sha256:${n}-${i}` as Digest);
      const read = async (digest: Digest): Promise<Manifest> => {
        await Promise.resolve();
        if (++reads > 1000 * count) throw new DctError('BUG', { problem: 'they never come to their end' });
        const layers = Array.from(
          { length: bound / 2 / manifests },
          (_layer, i) => `${digest}-${i}` as Digest,
        );
        const references = layers.map((layer) => ({
          digest: layer,
          size: 1,
          mediaType: 'x/y',
          kind: 'layer',
        }));
        return { digest, references } as unknown as Manifest;
      };
      const signed = { digests: () => roots } as unknown as SignedTags;
      await content.check(gunOf(`app${n}`), `sha256:absent` as Digest, {
        roots: { signed, has: (digest) => roots.includes(digest) },
        read,
        signal: new AbortController().signal,
      });
    });
    const outcomes = await Promise.allSettled(checks);
    expect(outcomes.map((outcome) => (outcome as { reason?: DctError }).reason?.code)).toEqual(
      Array.from({ length: count }, () => 'NOT_REACHABLE'),
    );
  });
});
