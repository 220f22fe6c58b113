// What clients ask for: a mix of everything that a registry is asked, with names that exist and names that do not.
import { unknownRepositories, unsignedTag, type Shelf, type TaggedImage } from './catalogue.ts';
import type { Manner, Question } from './observation.ts';
import type { Random } from './random.ts';

const anyDigest = `sha256:${'0'.repeat(64)}`;

type Ask = (random: Random, shelf: Shelf, image: TaggedImage) => Question;

const tagged = (kind: string, repository: string, tag: string, method: Question['method']): Question => ({
  kind,
  method,
  path: `/v2/${repository}/manifests/${tag}`,
  repository,
  tag,
});

const layer: Ask = (random, { repository }, { image }) => {
  const { digest } = random.pick(image.blobs);
  return { kind: 'layer', method: 'GET', path: `/v2/${repository}/blobs/${digest}`, repository, digest };
};

/** Each with its share. */
const mix: readonly (readonly [number, Ask])[] = [
  [20, (_, { repository }, { tag }) => tagged('tag', repository, tag, 'GET')],
  [10, (_, { repository }, { tag }) => tagged('HEAD of a tag', repository, tag, 'HEAD')],
  [
    10,
    (_, { repository }, { image: { digest } }) => ({
      kind: 'manifest',
      method: 'GET',
      path: `/v2/${repository}/manifests/${digest}`,
      repository,
      digest,
    }),
  ],
  [26, layer],
  [6, (...args) => ({ ...layer(...args), kind: 'HEAD of a layer', method: 'HEAD' })],
  [10, partOfLayer],
  [
    6,
    (_, { repository }) => ({
      kind: 'tag list',
      method: 'GET',
      path: `/v2/${repository}/tags/list`,
      repository,
    }),
  ],
  [5, (_, { repository }) => tagged('unsigned tag', repository, unsignedTag, 'GET')],
  [2, (_, { repository }) => tagged('absent tag', repository, 'absent', 'GET')],
  [3, (random) => tagged('unknown repository', random.pick(unknownRepositories), 'one', 'GET')],
  [
    2,
    (_, { repository }) => ({
      kind: 'absent layer',
      method: 'GET',
      path: `/v2/${repository}/blobs/${anyDigest}`,
      repository,
      digest: anyDigest,
    }),
  ],
];
const shares = mix.reduce((sum, [share]) => sum + share, 0);

/** The next request of somebody, and how they behave. */
export function nextQuestion(random: Random, shelves: readonly Shelf[]): readonly [Question, Manner] {
  const shelf = random.pick(shelves);
  // What everybody wants is asked for more often than the rest, or nothing would ever be found in the cache.
  const image = random.chance(0.5) ? random.pick(shelf.images.slice(0, 2)) : random.pick(shelf.images);
  let left = random.next() * shares;
  const [, make] = mix.find(([share]) => (left -= share) < 0) ?? random.pick(mix);
  const fresh = random.chance(0.3);
  const roll = random.next();
  const manner: Manner =
    roll < 0.06
      ? { fresh, leavesAfter: random.whole(0, 400_000) }
      : roll < 0.1
        ? { fresh, dawdles: random.whole(1, 30) }
        : { fresh };
  return [make(random, shelf, image), manner];
}

function partOfLayer(random: Random, { repository }: Shelf, { image }: TaggedImage): Question {
  const blob = random.pick(image.blobs);
  const of = Buffer.concat([...blob.content()]);
  const start = random.whole(0, blob.size - 1);
  const end = random.whole(start + 1, blob.size);
  return {
    kind: 'part of a layer',
    method: 'GET',
    path: `/v2/${repository}/blobs/${blob.digest}`,
    headers: { range: `bytes=${start}-${end - 1}` },
    repository,
    digest: blob.digest,
    span: { start, end, of },
  };
}
