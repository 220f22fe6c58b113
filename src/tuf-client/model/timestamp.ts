// timestamp.json: which snapshot is the current one (dialect 2.7).
import { member, type JsonObject } from '../../base/json.ts';
import { commonToJson, fileMetaToJson, readBody, readCommon, readFileMeta, readMetaEntry } from './common.ts';
import type { Common, FileMeta } from './common.ts';
import type { Envelope } from './envelope.ts';
import { readMap } from './read.ts';

export interface Timestamp extends Common {
  readonly snapshot: FileMeta;
}

export function readTimestamp(envelope: Envelope): Timestamp {
  const body = readBody(envelope.signed, 'Timestamp', ['meta']);
  const table = readMap(member(body, 'meta'), '$.signed.meta');
  // Others than the snapshot's decide about nothing, but Go reads them all.
  for (const name of Object.keys(table)) readFileMeta(table[name], `$.signed.meta.${name}`, 0);
  return { ...readCommon(body), snapshot: readMetaEntry(table, 'snapshot') };
}

export function timestampToJson(timestamp: Timestamp): JsonObject {
  return { ...commonToJson('Timestamp', timestamp), meta: { snapshot: fileMetaToJson(timestamp.snapshot) } };
}
