// root.json: which keys speak for the four base roles (dialect 2.5).
import { JsonProblem, member, type JsonObject, type JsonValue } from '../../base/json.ts';
import { commonToJson, readBody, readCommon, type Common } from './common.ts';
import type { Envelope } from './envelope.ts';
import { keysToJson, readKeyIdsAndThreshold, readKeys, type KeyTable } from './key-table.ts';
import { readInteger, readList, readMap, readRecord } from './read.ts';
import { asRoleName, baseRoles, type BaseRole, type Role } from './roles.ts';

export interface Root extends Common {
  readonly keys: KeyTable;
  readonly roles: Readonly<Record<BaseRole, Role>>;
}

export function readRoot(envelope: Envelope): Root {
  const body = readBody(envelope.signed, 'Root', ['keys', 'roles', 'consistent_snapshot']);
  // It decides about nothing, and Go refuses a root in which it is anything else.
  if (!['boolean', 'undefined'].includes(typeof (member(body, 'consistent_snapshot') ?? undefined)))
    throw new JsonProblem('$.signed.consistent_snapshot', 'it is neither true nor false');
  const keys = readKeys(member(body, 'keys'), '$.signed.keys', 'root');
  const table = readMap(member(body, 'roles'), '$.signed.roles');
  for (const name of Object.keys(table)) checkRole(table, name);
  const roles = Object.fromEntries(baseRoles.map((name) => [name, readRole(table, name, keys)]));
  return { ...readCommon(body), keys, roles: roles as Record<BaseRole, Role> };
}

/** Names beyond the four base roles are ignored (very old writers kept retired roots there), but Go reads them all. */
function checkRole(table: JsonObject, name: string): void {
  const path = `$.signed.roles.${name}`;
  const role = readRecord(member(table, name), path, ['keyids', 'threshold']);
  for (const id of readList(member(role, 'keyids') ?? [], `${path}.keyids`))
    if (typeof id !== 'string')
      throw new JsonProblem(`${path}.keyids`, 'it holds something else than key ids');
  readInteger(role, 'threshold', path, 0);
}

function readRole(table: JsonObject, name: BaseRole, keys: KeyTable): Role {
  const path = `$.signed.roles.${name}`;
  const role = readKeyIdsAndThreshold(
    readRecord(member(table, name), path, ['keyids', 'threshold']),
    path,
    keys,
  );
  const roleName = asRoleName(name);
  if (roleName === undefined) throw new JsonProblem(path, 'it is not a role');
  if (role.keyIds.length === 0) throw new JsonProblem(`${path}.keyids`, 'the role has no keys');
  return { name: roleName, ...role };
}

export function rootToJson(root: Root): JsonObject {
  const roles: Record<string, JsonValue> = {};
  for (const name of baseRoles) {
    const { keyIds, threshold } = root.roles[name];
    roles[name] = { keyids: keyIds, threshold };
  }
  return { ...commonToJson('Root', root), consistent_snapshot: false, keys: keysToJson(root.keys), roles };
}
