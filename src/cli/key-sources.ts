// Files named on the command line that private keys are taken from.
import { resolve } from 'node:path';
import { DctError } from '../base/errors.ts';
import type { ImportedKey, KeySource, PreparedImport } from '../keystore/index.ts';
import type { Context } from './context.ts';

/** @throws DISK, also for a file that is not there */
export async function keySources(
  { io }: Pick<Context, 'io'>,
  names: readonly string[],
): Promise<readonly KeySource[]> {
  const sources: KeySource[] = [];
  for (const name of names) {
    const path = resolve(io.workingDirectory, name);
    const access = await io.files.access(path);
    const bytes = await io.files.read(path);
    if (bytes === undefined)
      throw new DctError('DISK', { file: path, operation: 'read', problem: 'no such file or directory' });
    sources.push({ name: path, bytes, ...(access && { mode: access.mode }) });
  }
  return sources;
}

/** Stores what was prepared, unless it is a rehearsal, and tells of every key what became of it. */
export async function storeAndTell(
  { console, interruption }: Context,
  prepared: PreparedImport,
  dryRun: boolean,
): Promise<void> {
  if (!dryRun) await interruption.undisturbed(() => prepared.store());
  const lines = prepared.keys.map((key) => `${deed(key, dryRun)} ${nameOf(key)}`);
  const keys = prepared.keys.map(({ gun, ...key }) => ({ ...key, gun: gun ?? null }));
  console.emit({ lines, data: { dryRun, keys } });
}

function deed({ state }: ImportedKey, dryRun: boolean): string {
  if (state === 'present') return 'already here:';
  if (state === 'new') return dryRun ? 'would import' : 'imported';
  return dryRun ? 'would replace' : 'replaced';
}

/** A key as people call it: its role, its id, its collection. */
export function nameOf(key: {
  readonly role: string;
  readonly keyId: string;
  readonly gun?: string;
}): string {
  const { role, keyId, gun } = key;
  return `${role === '' ? '' : `${role} `}key ${keyId}${gun === undefined ? '' : ` of ${gun}`}`;
}
