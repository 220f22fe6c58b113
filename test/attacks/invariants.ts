// What has to hold after every attack, whoever attacks and whatever comes of it: I1 to I8 of docs/security.md.
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { isDctError } from '../../src/base/errors.ts';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import type { Decision } from '../../src/proxy/index.ts';
import type { MemoryFiles } from '../support/memory-files.ts';

/** The only names that trust data has on disk; a name beside them is a leftover, or a way out of the directory. */
const storedNames =
  /^(?:tuf\/(?<cachedGun>[^/]+(?:\/[^/]+)*)\/metadata\/(?<role>[a-z0-9_/-]+)\.json|dct\/[^/]+(?:\/[^/]+)*\/_ledger\.json)$/;

interface Entry {
  readonly version: number;
  readonly sha256: string;
  readonly keys?: string;
}

/**
 * I1, I2 and I6 for a trust directory, from one moment to a later one: whatever changed is what the ledger says was
 * verified, no version went back unless the root changed the keys behind it, and no other file came into being.
 */
export function expectStateKept(before: MemoryFiles, after: MemoryFiles): void {
  for (const name of after.differences(before)) {
    const bytes = after.contents.get(name);
    if (bytes === undefined) continue;
    const { cachedGun, role } = storedNames.exec(name)?.groups ?? {};
    expect(name, 'I1, I6: only trust data is stored').toMatch(storedNames);
    if (cachedGun === undefined || role === undefined) continue;
    const verified = ledgerOf(after, cachedGun).get(role)?.sha256;
    expect(sha256(bytes), `I1: what is stored as ${role} was verified`).toBe(verified);
  }
  for (const gun of gunsOf(before)) {
    const now = ledgerOf(after, gun);
    for (const [role, seen] of ledgerOf(before, gun)) {
      const entry = now.get(role);
      expect(entry, `I2: ${role} is not forgotten`).toBeDefined();
      if (entry?.keys === seen.keys)
        expect(entry?.version, `I2: ${role} does not go back`).toBeGreaterThanOrEqual(seen.version);
    }
  }
}

/** I8: an error of the catalogue, whose sentence has every fact in it, which says what to do, and is no success. */
export function expectTelling(error: unknown): void {
  if (!isDctError(error)) throw error;
  expect(exitCodes[error.family], 'I8: no failure is a success').toBeGreaterThan(0);
  expect(error.next.length, `I8: ${error.code} says what to do`).toBeGreaterThan(10);
  for (const name of ['role', 'version', 'trusted', 'offered', 'needed', 'valid'])
    if (error.facts[name] !== undefined)
      expect(error.message, `I8: ${error.code} tells the ${name}`).toContain(String(error.facts[name]));
}

/** I8, for a proxy: whatever was not served is in its record with a code and a sentence that says more than the code. */
export function expectReasons(decisions: readonly Decision[]): void {
  for (const { verdict, reason = '', message = '' } of decisions) {
    if (verdict === 'served' || verdict === 'left') continue;
    expect(reason, `I8: why it was ${verdict}`).toMatch(/^[A-Z_]+$/);
    expect(message.length, `I8: ${reason} says more`).toBeGreaterThan(10);
  }
}

/** I5: neither keys nor what logs somebody in stands in what was said. */
export function expectDiscreet(said: readonly string[], secrets: readonly string[] = []): void {
  const text = said.join('\n');
  expect(text, 'I5: no private key').not.toMatch(/PRIVATE KEY-----/);
  expect(text, 'I5: no log-in').not.toMatch(/\b(?:Basic|Bearer) [A-Za-z0-9+/._~-]{8,}/);
  for (const secret of secrets) expect(text.includes(secret), 'I5: no secret').toBe(false);
}

/** I7: whatever the peer sends, what is held for it stays below this. */
const budgetBytes = 64 * 1024 * 1024;

/** Runs one attack, and checks that buffers stayed within the budget. */
export async function withinBudget<T>(attack: () => Promise<T>): Promise<T> {
  const before = process.memoryUsage().arrayBuffers;
  const result = await attack();
  expect(process.memoryUsage().arrayBuffers - before, 'I7: memory').toBeLessThan(budgetBytes);
  return result;
}

function gunsOf(files: MemoryFiles): readonly string[] {
  return [...files.contents.keys()].flatMap((name) => /^dct\/(.+)\/_ledger\.json$/.exec(name)?.[1] ?? []);
}

/** By role; nothing for a ledger that is missing or that a test has damaged. */
function ledgerOf(files: MemoryFiles, gun: string): ReadonlyMap<string, Entry> {
  const bytes = files.contents.get(`dct/${gun}/_ledger.json`);
  try {
    const { root, roles } = JSON.parse(Buffer.from(bytes ?? []).toString()) as {
      root: Entry;
      roles: Record<string, Entry>;
    };
    return new Map([['root', root], ...Object.entries(roles)]);
  } catch {
    return new Map();
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
