// `--from`: content that is signed under another name, for a registry that moves and for mirrors (P-63).
import { DctError } from '../base/errors.ts';
import type { Context } from './context.ts';
import { image } from './images.ts';
import type { Collection, Origin } from './signing.ts';
import { trustData } from './trust-data.ts';

/**
 * The verified trust data of the old name, as every puller reads it. With a tag, that content goes under the one new tag;
 * without, every tag keeps its name.
 * @throws USAGE, REFERENCE_INVALID, and the errors of `trustData`
 */
export async function signedElsewhere(
  context: Context,
  text: string,
  chosen: readonly Collection[],
): Promise<Origin> {
  const { gun, tag: from } = image(text, 'sign --from');
  const [{ tags }, ...others] = chosen as readonly [Collection, ...Collection[]];
  const problem = (what: string, hint: string): DctError => new DctError('USAGE', { problem: what, hint });
  if (others.length > 0)
    throw problem('--from goes with one repository', 'Sign each repository with a command of its own.');
  if (from !== undefined && (tags === 'all' || tags.length > 1))
    throw problem('--from with a tag goes with one image', `Leave the tag away: --from ${gun}`);
  if (chosen[0]?.gun === gun && from === undefined)
    throw problem(`${gun} cannot be its own origin`, 'Name the repository in which the content is signed.');
  const { findReleased, listReleased } = await import('../tuf-client/index.ts');
  const trusted = await trustData(context, gun);
  return {
    tags: listReleased(trusted).map(({ name }) => name),
    digestOf: (tag) => findReleased(trusted, from ?? tag).digest,
  };
}
