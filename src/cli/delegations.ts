// Delegations as they are named on the command line and shown to people.
import { DctError } from '../base/errors.ts';
import { asRoleName, canonicalKeyId, type KeyId, type RoleName } from '../tuf-client/index.ts';
import type { TrustedRepository } from '../tuf-client/index.ts';

/** `targets/NAME`, nested as deep as wanted. @throws USAGE */
export function delegationName(text: string): RoleName {
  const role = asRoleName(text);
  if (role?.includes('/') === true) return role;
  throw new DctError('USAGE', {
    problem: `"${text}" is not the name of a delegation`,
    hint: 'Write it as targets/NAME, with lower-case letters, digits, - and _, for example targets/ci.',
  });
}

/** Whole ids, or their first 7 digits and more: the repository knows which key is meant. @throws USAGE */
export function keyIds(texts: readonly string[]): readonly string[] {
  const wrong = texts.find((text) => !/^[0-9a-f]{7,64}$/.test(text));
  if (wrong === undefined) return texts;
  throw new DctError('USAGE', {
    problem: `"${wrong}" is not a key id`,
    hint: 'Write the id, or at least its first 7 digits; see them with: dct delegation list IMAGE',
  });
}

/**
 * Prefixes of tags, from comma-separated lists; `--all-paths` is the empty prefix.
 * @throws USAGE for a list without any: a variable that is empty must not turn "only these" into "the whole delegation"
 */
export function pathPrefixes({ paths = [], allPaths }: PathOptions): readonly string[] {
  const lists = paths.map((list) => list.split(',').filter((path) => path !== ''));
  if (lists.some((list) => list.length === 0))
    throw new DctError('USAGE', {
      problem: '--paths names no beginning of a tag',
      hint: 'For example: --paths v1.,rc; for every tag: --all-paths.',
    });
  const named = lists.flat();
  return allPaths === true ? ['', ...named] : named;
}

export interface PathOptions {
  readonly paths?: readonly string[];
  readonly allPaths?: boolean;
}

export interface DelegationRow {
  readonly role: RoleName;
  /** Canonical ids: as `dct key list` names the private keys. */
  readonly keys: readonly KeyId[];
  readonly threshold: number;
  readonly paths: readonly string[];
  /** How many tags it has signed. */
  readonly tags: number;
  /** When its file ends; null when nothing was published for it, or it cannot be used. */
  readonly expires: string | null;
  /** Why it cannot be used. */
  readonly problem: string | null;
}

/** Every delegation that is declared, nested ones behind their parents. */
export function delegationRows({
  targets,
  delegations,
  unusable,
}: TrustedRepository): readonly DelegationRow[] {
  const below = (file: typeof targets): readonly DelegationRow[] =>
    file.data.delegations.flatMap(({ name, keyIds: ids, threshold, paths }) => {
      const own = delegations.get(name);
      const keys = ids.map((id) => {
        const key = file.data.delegationKeys.get(id);
        return (key && canonicalKeyId(key)) ?? id;
      });
      const tags = own?.data.targets.size ?? 0;
      const expires = own?.data.expires.text ?? null;
      const problem = unusable.get(name)?.message ?? null;
      return [{ role: name, keys, threshold, paths, tags, expires, problem }, ...(own ? below(own) : [])];
    });
  return below(targets);
}
