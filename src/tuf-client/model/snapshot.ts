// snapshot.json: which files belong together (dialect 2.7).
import { member, type JsonObject } from '../../base/json.ts';
import {
  commonToJson,
  fileMetaToJson,
  jsonMap,
  readBody,
  readCommon,
  readFileMeta,
  readMetaEntry,
} from './common.ts';
import type { Common, FileMeta } from './common.ts';
import type { Envelope } from './envelope.ts';
import { readMap } from './read.ts';
import { asRoleName, roleNames, type RoleName } from './roles.ts';

export interface Snapshot extends Common {
  /** Always has `root` and `targets`. Entries under names that no role can have are not here. */
  readonly meta: ReadonlyMap<RoleName, FileMeta>;
}

export function readSnapshot(envelope: Envelope): Snapshot {
  const body = readBody(envelope.signed, 'Snapshot', ['meta']);
  const table = readMap(member(body, 'meta'), '$.signed.meta');
  const meta = new Map<RoleName, FileMeta>();
  for (const name of [roleNames.root, roleNames.targets]) meta.set(name, readMetaEntry(table, name));
  for (const name of Object.keys(table)) {
    const role = asRoleName(name);
    if (role !== undefined) meta.set(role, readMetaEntry(table, role));
    else readFileMeta(table[name], `$.signed.meta.${name}`, 0);
  }
  return { ...readCommon(body), meta };
}

export function snapshotToJson(snapshot: Snapshot): JsonObject {
  const meta = jsonMap([...snapshot.meta].map(([role, entry]) => [role, fileMetaToJson(entry)] as const));
  return { ...commonToJson('Snapshot', snapshot), meta };
}
