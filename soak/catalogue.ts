// The repositories of a soak: what is pushed, what is signed, and what the policy asks for in each.
import { buildImage, pushImage, randomBlob, type Image } from '../test/support/real/image.ts';
import type { LayerName } from './servers.ts';
import type { Random } from './random.ts';

export interface TaggedImage {
  readonly tag: string;
  readonly image: Image;
}

export interface Shelf {
  readonly repository: string;
  readonly images: readonly TaggedImage[];
  /** Signed before anybody asks; of these, the last two are signed anew and revoked all the time. */
  readonly signed: readonly string[];
}

/** Members of a rule in the policy file. */
type RuleMembers = Readonly<Record<string, string | boolean>>;

const tags = ['one', 'two', 'three', 'four'] as const;

/** Where trust data is taken back on time, whatever happens to the Notary server. */
export const shelves: Readonly<Record<string, RuleMembers>> = {
  'soak/app': { require: 'signed', outage: 'fail' },
  'soak/tool': { require: 'signed', outage: 'fail' },
  'soak/strict': { require: 'signed', outage: 'fail', strict: true },
};
/** Lives on valid trust data while the Notary server is away; nothing is ever taken back there. */
export const steady = 'soak/steady';
/** Nothing is signed there; a policy that comes and goes lets everything pass. */
export const open = 'soak/open';
/** Never signed, in every repository. */
export const unsignedTag = 'unsigned';
/** The registry has no such repository, and no rule is about the second one. */
export const unknownRepositories = ['soak/nobody', 'elsewhere/app'] as const;

/** Pushes images with layers from a few bytes to a few mebibytes. */
export async function fillShelves(registryUrl: string, random: Random): Promise<readonly Shelf[]> {
  const filled: Shelf[] = [];
  for (const repository of [...Object.keys(shelves), steady, open]) {
    const signed = repository === open ? [] : tags;
    const images = [...tags, unsignedTag].map((tag) => ({
      tag,
      image: buildImage({ layers: layers(random) }),
    }));
    for (const { tag, image } of images) await pushImage(registryUrl, repository, image, tag);
    filled.push({ repository, images, signed });
  }
  return filled;
}

function layers(random: Random): ReturnType<typeof randomBlob>[] {
  const sizes = [random.whole(1, 4_096), random.whole(20_000, 300_000), random.whole(500_000, 3_000_000)];
  return sizes.map((size) => randomBlob(size));
}

/** The policy file, which lets everything in one repository pass or not. */
export function policyText(host: string, isOpen: boolean): string {
  const rule = (repository: string, members: RuleMembers): object => ({
    match: `${host}/${repository}`,
    ...members,
  });
  const rules = [
    ...Object.entries(shelves).map(([repository, members]) => rule(repository, members)),
    rule('soak/**', { require: 'signed' }),
    ...(isOpen ? [rule(open, { require: 'pass' })] : []),
  ];
  return JSON.stringify({ rules });
}

/** Layers that the registry may spoil: large ones, of tags that stay as they are. */
export function spoilable(filled: readonly Shelf[]): readonly LayerName[] {
  return filled.flatMap(({ repository, images }) =>
    images.slice(0, 2).flatMap(({ tag, image }) => {
      // The configuration comes before the layers.
      const blob = image.blobs[3];
      return blob === undefined ? [] : [{ repository, tag, layer: 3, digest: blob.digest }];
    }),
  );
}
