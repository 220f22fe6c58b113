// What has to hold after every attack, whoever attacks and whatever comes of it: I1 to I8 of docs/security.md.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
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
  const { look, expectBounded } = watchHeld();
  const result = await attack();
  look();
  expectBounded();
  return result;
}

/** What this process holds, from one moment to a later one. */
export interface HeldWatch {
  /** Notes how much there is now. */
  readonly look: () => void;
  /** I7: whenever somebody looked, buffers were within the budget. */
  readonly expectBounded: () => void;
  /** I6: nothing is open that was not open at the beginning. */
  readonly expectReleased: () => Promise<void>;
}

/** @param patienceMs how long what is being closed may take */
export function watchHeld(patienceMs = 9000): HeldWatch {
  const buffers = (): number => process.memoryUsage().arrayBuffers;
  // Nor was garbage held at the beginning, and what goes meanwhile would make room for what comes.
  if (buffers() > budgetBytes / 8) collectGarbage();
  const open = openNow();
  let [least, risen] = [buffers(), 0];
  return {
    look: () => {
      // Garbage is not held.
      if (buffers() - least >= budgetBytes) collectGarbage();
      least = Math.min(least, buffers());
      risen = Math.max(risen, buffers() - least);
    },
    expectBounded: () => {
      expect(risen, 'I7: memory').toBeLessThan(budgetBytes);
    },
    expectReleased: async () => {
      const more = (): readonly string[] => {
        const now = openNow();
        const files = now.files.filter((name) => !open.files.includes(name));
        return now.sockets > open.sockets ? [...files, `${now.sockets - open.sockets} sockets`] : files;
      };
      await expect
        .poll(more, { interval: 2, timeout: patienceMs, message: 'I6: what is still open' })
        .toEqual([]);
    },
  };
}

/** Sockets by number, files by name. Systems without /proc do not say. */
function openNow(): { readonly sockets: number; readonly files: readonly string[] } {
  const open = existsSync(descriptors) ? readdirSync(descriptors).map(targetOf) : [];
  return {
    sockets: open.filter((target) => target.startsWith('socket:')).length,
    files: open.filter((target) => target.startsWith('/') && !target.startsWith('/dev/')),
  };
}

const descriptors = '/proc/self/fd';

/** Nothing for the one that listed the others, which is closed by now. */
function targetOf(descriptor: string): string {
  try {
    return readlinkSync(join(descriptors, descriptor));
  } catch {
    return '';
  }
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // A thread of its own gives buffers back after a collection; the next one waits for it.
  collect();
  collect();
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
