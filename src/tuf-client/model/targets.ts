// targets.json and delegations: tags with their content, and who else may sign (dialect 2.6).
import { JsonProblem, member, type JsonObject, type JsonValue } from '../../base/json.ts';
import { limits } from '../../base/limits.ts';
import { commonToJson, fileMetaToJson, jsonMap, readBody, readCommon, readFileMeta } from './common.ts';
import type { Common, FileMeta } from './common.ts';
import type { Envelope } from './envelope.ts';
import { keysToJson, readKeyIdsAndThreshold, readKeys, type KeyTable } from './key-table.ts';
import { readList, readMap, readRecord, readString } from './read.ts';
import { asRoleName, isDelegation, parentOf, type Role, type RoleName } from './roles.ts';

/** A role declared by its direct parent; `paths` are plain prefixes of target names (dialect 10.1). */
export interface Delegation extends Role {
  readonly paths: readonly string[];
}

export interface Targets extends Common {
  /** By target name: for images, the tag. */
  readonly targets: ReadonlyMap<string, FileMeta>;
  readonly delegationKeys: KeyTable;
  /** In the order of declaration. */
  readonly delegations: readonly Delegation[];
}

/** Reads the targets metadata of `role`, which decides what it may declare (NM-02, DG-11). */
export function readTargets(envelope: Envelope, role: RoleName): Targets {
  const body = readBody(envelope.signed, 'Targets', ['targets', 'delegations']);
  const table = member(body, 'targets');
  // Go writes null for a nil map.
  const entries = table === null ? {} : readMap(table, '$.signed.targets');
  const targets = new Map(
    // A negative length is not refused here but where the entry is used: one bad entry must not hide the others (TG-05).
    Object.keys(entries).map((name) => [
      name,
      readFileMeta(entries[name], `$.signed.targets.${name}`, Number.MIN_SAFE_INTEGER),
    ]),
  );
  const declared = readDelegations(member(body, 'delegations') ?? {}, role);
  return { ...readCommon(body), targets, delegationKeys: declared.keys, delegations: declared.roles };
}

function readDelegations(
  value: JsonValue,
  parent: RoleName,
): { keys: KeyTable; roles: readonly Delegation[] } {
  const path = '$.signed.delegations';
  const record = readRecord(value, path, ['keys', 'roles']);
  const keys = readKeys(member(record, 'keys') ?? {}, `${path}.keys`, parent);
  const list = readList(member(record, 'roles') ?? [], `${path}.roles`);
  if (list.length > limits.delegations)
    throw new JsonProblem(`${path}.roles`, `there are more than ${limits.delegations} delegations`);
  const roles = list.map((item, i) => readDelegation(item, `${path}.roles[${i}]`, parent, keys));
  const names = new Set(roles.map((role) => role.name));
  if (names.size !== roles.length) throw new JsonProblem(`${path}.roles`, 'a role is declared twice');
  return { keys, roles };
}

function readDelegation(value: JsonValue, path: string, parent: RoleName, keys: KeyTable): Delegation {
  const record = readRecord(value, path, ['keyids', 'name', 'paths', 'threshold']);
  const name = asRoleName(readString(record, 'name', path));
  if (name === undefined || !isDelegation(name))
    throw new JsonProblem(`${path}.name`, 'it is not a delegation name');
  if (parentOf(name) !== parent)
    throw new JsonProblem(`${path}.name`, `${name} is not a direct child of ${parent}`);
  const paths = readList(member(record, 'paths') ?? [], `${path}.paths`).map((item, i) => {
    if (typeof item !== 'string') throw new JsonProblem(`${path}.paths[${i}]`, 'it is not a string');
    return item;
  });
  return { name, ...readKeyIdsAndThreshold(record, path, keys), paths };
}

export function targetsToJson(targets: Targets): JsonObject {
  const roles = targets.delegations.map(({ keyIds, name, paths, threshold }) => ({
    keyids: keyIds,
    name,
    // Go leaves an empty list out (dialect 2.6).
    ...(paths.length > 0 && { paths }),
    threshold,
  }));
  return {
    ...commonToJson('Targets', targets),
    delegations: { keys: keysToJson(targets.delegationKeys), roles },
    targets: jsonMap([...targets.targets].map(([name, meta]) => [name, fileMetaToJson(meta)] as const)),
  };
}
