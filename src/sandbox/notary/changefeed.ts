// The changefeed: which repositories changed, for mirrors and monitors (dialect 7.5).
import { instantAt } from '../../base/instant.ts';
import { explained } from './refusal.ts';
import type { Change } from './state.ts';

const defaultRecords = 100;

/** Which part of the feed: `count` entries after `from`, or before it when `backwards`. */
export interface ChangeQuery {
  readonly count: number;
  readonly from: number;
  readonly backwards: boolean;
}

/** @throws Refusal INVALID_PARAMETERS */
export function readChangeQuery(query: URLSearchParams): ChangeQuery {
  const records = integer(query.get('records') ?? '', 'records');
  const from = integer(query.get('change_id') ?? '0', 'change_id');
  const count = records === 0 ? defaultRecords : Math.abs(records);
  // A negative id stands for the newest entry, from where one can only go backwards.
  if (from < 0) return { count, from: Number.POSITIVE_INFINITY, backwards: true };
  return { count, from, backwards: records < 0 };
}

/** The selected entries as Notary writes them, oldest first. */
export function changeList(changes: readonly Change[], { count, from, backwards }: ChangeQuery): string {
  const chosen = backwards
    ? changes.filter(({ id }) => id < from).slice(-count)
    : changes.filter(({ id }) => id > from).slice(0, count);
  const records = chosen.map(({ id, at, gun, version, sha256, category }) => {
    const [ID, CreatedAt] = [String(id), instantAt(at).text];
    return { ID, CreatedAt, GUN: gun, Version: version, SHA256: sha256, Category: category };
  });
  return JSON.stringify({ count: records.length, records: records.length === 0 ? null : records });
}

function integer(text: string, name: string): number {
  const value = Number(text);
  if (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw explained('INVALID_PARAMETERS', `invalid ${name} parameter: "${text}" is not an integer`);
}
