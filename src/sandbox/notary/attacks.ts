// The server turned bad, for learning what clients notice: what is stored stays true, only what is shown changes.
import { digestHex, type Digest } from '../../base/digest.ts';
import { fromHex } from '../../base/bytes.ts';
import { DctError } from '../../base/errors.ts';
import type { Gun } from '../../base/reference.ts';
import type { RoleName } from '../../tuf-client/model/index.ts';
import { forgeSwap, type SwapContext, type SwappedTarget } from './forge-swap.ts';
import type { Generation } from './state.ts';
import { shownFiles, type ForgedFile, type View } from './view.ts';

export interface FreezeReport {
  readonly attack: 'freeze';
  readonly gun: Gun;
  /** Versions that are served from now on, whatever is published. */
  readonly serves: Readonly<Record<RoleName, number>>;
}

export interface RollbackReport {
  readonly attack: 'rollback';
  readonly gun: Gun;
  /** Versions that were served before. */
  readonly served: Readonly<Record<RoleName, number>>;
  /** Versions that are served from now on. */
  readonly serves: Readonly<Record<RoleName, number>>;
}

export interface SwapReport extends SwappedTarget {
  readonly attack: 'swap-tag';
  readonly gun: Gun;
}

export interface RestoreReport {
  readonly attack: 'restore';
  readonly gun: Gun;
  /** The attack that ended, if there was one. */
  readonly ended?: 'freeze' | 'rollback' | 'swap-tag';
}

/**
 * Attacks on one repository, one at a time: another one takes the place of the one before. Publications are accepted and kept
 * all the same, and shown when the attack ends: with `restore`, with the process, or because the repository is deleted.
 */
export interface NotaryAttacks {
  /** Keeps showing today's metadata. @throws ATTACK_IMPOSSIBLE when there is none */
  freeze(gun: Gun): Promise<FreezeReport>;
  /** Shows everything as it was `versions` publications ago. @throws ATTACK_IMPOSSIBLE when there were not so many */
  rollback(gun: Gun, versions?: number): Promise<RollbackReport>;
  /**
   * Lets a tag stand for other content, as somebody can who broke into the server and has its snapshot and timestamp keys, but
   * not the signer's: only the signature of the role that names the tag is wrong. What is stored is signed anew, with versions
   * beyond the forged ones, or clients that saw those would take the truth for a rollback when it is shown again.
   * @throws ATTACK_IMPOSSIBLE when the tag is not signed, or the snapshot key is its owner's
   */
  swapTarget(
    gun: Gun,
    tag: string,
    content: { readonly digest: Digest; readonly length: number },
  ): Promise<SwapReport>;
  /** Shows the truth again. */
  restore(gun: Gun): Promise<RestoreReport>;
}

interface Overlay {
  readonly attack: NonNullable<RestoreReport['ended']>;
  readonly view: View;
}

export interface AttackContext {
  /** The stored truth. */
  readonly generations: (gun: Gun) => Promise<readonly Generation[]>;
  readonly swapContext: (gun: Gun) => SwapContext;
  /** Signs snapshot and timestamp anew, with versions higher than those of these files. */
  readonly overtake: (gun: Gun, files: readonly ForgedFile[]) => Promise<void>;
}

/** What is shown instead of the truth; undefined while a repository is not under attack. */
export type Overlays = (gun: Gun) => View | undefined;

export function createAttacks(context: AttackContext): {
  readonly attacks: NotaryAttacks;
  readonly overlay: Overlays;
} {
  const overlays = new Map<Gun, Overlay>();

  const truth = async (attack: string, gun: Gun): Promise<View> => {
    const generations = await context.generations(gun);
    if (generations.length > 0) return { generations, forged: [] };
    throw new DctError('ATTACK_IMPOSSIBLE', { attack, gun, problem: 'nothing was ever published there' });
  };

  const attacks: NotaryAttacks = {
    freeze: async (gun) => {
      const view = await truth('freeze', gun);
      overlays.set(gun, { attack: 'freeze', view });
      return { attack: 'freeze', gun, serves: versionsOf(view) };
    },

    rollback: async (gun, versions = 1) => {
      const now = await truth('roll back', gun);
      const view = { generations: generationsBefore(now.generations, versions), forged: [] };
      if (view.generations.length === 0) {
        const problem = `there is nothing from before its last ${versions} publication(s)`;
        throw new DctError('ATTACK_IMPOSSIBLE', { attack: 'roll back', gun, problem });
      }
      overlays.set(gun, { attack: 'rollback', view });
      return { attack: 'rollback', gun, served: versionsOf(now), serves: versionsOf(view) };
    },

    swapTarget: async (gun, tag, { digest, length }) => {
      const view = await truth('swap a tag of', gun);
      const meta = { length, hashes: new Map([['sha256', fromHex(digestHex(digest))]]) };
      const { forged, swapped } = await forgeSwap(context.swapContext(gun), view, tag, meta);
      await context.overtake(gun, forged);
      overlays.set(gun, { attack: 'swap-tag', view: { ...view, forged } });
      return { attack: 'swap-tag', gun, ...swapped };
    },

    restore: (gun) => {
      const ended = overlays.get(gun)?.attack;
      overlays.delete(gun);
      return Promise.resolve({ attack: 'restore', gun, ...(ended && { ended }) });
    },
  };
  return { attacks, overlay: (gun) => overlays.get(gun)?.view };
}

/** What there was before the last so many publications; renewals by the server do not count. */
function generationsBefore(generations: readonly Generation[], publications: number): readonly Generation[] {
  const starts = generations.flatMap(({ cause }, i) => (cause === 'publication' ? [i] : []));
  return publications < 1 ? [] : generations.slice(0, starts.at(-publications) ?? 0);
}

function versionsOf(view: View): Readonly<Record<RoleName, number>> {
  return Object.fromEntries([...shownFiles(view)].map(([role, { version }]) => [role, version]));
}
