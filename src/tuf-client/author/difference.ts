// What an edit changes, exactly: for people to read before it happens, and for `--json`.
import { digestOfHash, type Digest } from '../../base/digest.ts';
import { canonicalKeyId } from '../crypto/index.ts';
import { parentOf, roleNames } from '../model/index.ts';
import type { Delegation, FileMeta, KeyId, KeyTable, Role, RoleName, Targets } from '../model/index.ts';
import { pathsAllow } from '../trust/index.ts';
import { declarations, declarationOf, type Content } from './content.ts';
import { digestIn, isSameEntry } from './edits/tags.ts';
import { isPlaceholder } from './new-keys.ts';

/** A role as it is declared. Keys by canonical id, as `dct key list` names them; `new` is one that is still to be made. */
export interface DeclaredRole {
  readonly keys: readonly (KeyId | 'new')[];
  readonly threshold: number;
  /** Of delegations only. */
  readonly paths?: readonly string[];
}

export type Difference =
  | {
      readonly kind: 'role';
      readonly role: RoleName;
      readonly before?: DeclaredRole;
      readonly after?: DeclaredRole;
    }
  | {
      readonly kind: 'tag';
      readonly role: RoleName;
      readonly tag: string;
      readonly before?: Digest;
      readonly after?: Digest;
    };

/** Declared keys, paths and thresholds first, tags after them. */
export function differences(before: Content, after: Content): readonly Difference[] {
  return [...baseRoles(before, after), ...delegations(before, after), ...tags(before, after)];
}

function baseRoles(before: Content, after: Content): readonly Difference[] {
  return (['root', 'targets', 'snapshot', 'timestamp'] as const).flatMap((name) => {
    const [old, now] = [before, after].map(({ root }) => declared(root.roles[name], root.keys));
    return isSame(old, now) ? [] : [change(roleNames[name], old, now)];
  });
}

function delegations(before: Content, after: Content): readonly Difference[] {
  const names = new Set([...declarations(before), ...declarations(after)].map(({ name }) => name));
  return [...names].flatMap((name) => {
    const [old, now] = [before, after].map((content) => {
      const role = declarationOf(content, name);
      return role && declared(role, content.targets.get(parentOf(name))?.delegationKeys ?? new Map());
    });
    return isSame(old, now) ? [] : [change(name, old, now)];
  });
}

/** What a first targets file declares. */
export function declaredIn({ delegations: roles, delegationKeys }: Targets): readonly Difference[] {
  return roles.map((role) => change(role.name, undefined, declared(role, delegationKeys)));
}

function change(
  role: RoleName,
  before: DeclaredRole | undefined,
  after: DeclaredRole | undefined,
): Difference {
  return { kind: 'role', role, ...(before && { before }), ...(after && { after }) };
}

function declared(role: Role | Delegation, table: KeyTable): DeclaredRole {
  const keys = role.keyIds.map((id) => {
    const key = table.get(id);
    return key !== undefined && isPlaceholder(key) ? 'new' : ((key && canonicalKeyId(key)) ?? id);
  });
  return { keys, threshold: role.threshold, ...('paths' in role && { paths: role.paths }) };
}

function isSame(a: DeclaredRole | undefined, b: DeclaredRole | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function tags(before: Content, after: Content): readonly Difference[] {
  const roles = new Set([...before.targets.keys(), ...after.targets.keys()]);
  return [...roles].flatMap((role) => {
    const [old, now] = [before, after].map(
      ({ targets }) => targets.get(role)?.targets ?? new Map<string, FileMeta>(),
    );
    const names = new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])]);
    return [...names].flatMap((tag): readonly Difference[] => {
      const [was, is] = [old?.get(tag), now?.get(tag)];
      if (isSameEntry(was, is)) return [];
      const [from, to] = [was && digestIn(was), is && digestIn(is)];
      return [{ kind: 'tag', role, tag, ...(from && { before: from }), ...(to && { after: to }) }];
    });
  });
}

/** What pullers get for each tag (dialect 10.3). */
export function releasedTags(content: Content): ReadonlyMap<string, Digest> {
  const declaration = declarationOf(content, roleNames.releases);
  const releases = declaration && content.targets.get(roleNames.releases)?.targets;
  const allowed = [...(releases ?? [])].filter(([tag]) => pathsAllow(declaration?.paths ?? [], tag));
  const top = content.targets.get(roleNames.targets)?.targets ?? [];
  return new Map(
    [...top, ...allowed].flatMap(([tag, entry]) => {
      const sha256 = entry.hashes.get('sha256');
      return sha256?.byteLength === 32 ? [[tag, digestOfHash('sha256', sha256)] as const] : [];
    }),
  );
}

/** Tags that pullers get nothing for any more. */
export function lostTags(before: Content, after: Content): readonly string[] {
  const left = releasedTags(after);
  return [...releasedTags(before).keys()].filter((tag) => !left.has(tag));
}
