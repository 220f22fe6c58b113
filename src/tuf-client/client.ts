// The trust client: runs updates against a server and a cache, and stores each outcome as a whole.
import { equalBytes } from '../base/bytes.ts';
import { isDctError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Clock, Files, Notices } from '../base/ports.ts';
import type { Gun } from '../base/reference.ts';
import { createLedger, createMetadataCache } from './cache/index.ts';
import { doubtClock } from './doubt-clock.ts';
import { roleNames, type RoleName } from './model/index.ts';
import type { NotaryStore } from './notary/index.ts';
import {
  acceptRoot,
  mergeMemories,
  pinFor,
  readForRepair,
  sha256Hex,
  update,
  type Memory,
  type Pin,
  type UpdateInput,
} from './trust/index.ts';
import type { AuthoringTrustClient, TrustedRepository } from './types.ts';

export interface TrustClientOptions {
  readonly store: Pick<NotaryStore, 'download'> & Partial<Pick<NotaryStore, 'serverTime'>>;
  /** Rooted at the trust directory, `$DOCKER_CONFIG/trust`. */
  readonly files: Files;
  readonly clock: Clock;
  readonly notices: Notices;
  readonly pins: readonly Pin[];
  /** What to do about a GUN that nobody pinned and this machine has never seen (ADR 0009). */
  readonly firstUse: 'accept' | 'refuse';
  /** Keeps other processes out while `action` runs; `name` is a path below the trust directory. */
  readonly exclusively: <T>(name: string, action: () => Promise<T>) => Promise<T>;
}

export function createTrustClient(options: TrustClientOptions): AuthoringTrustClient {
  const { store, files, clock, notices, pins, firstUse, exclusively } = options;
  const cache = createMetadataCache(files);
  const ledger = createLedger(files);
  const compareClocks = doubtClock(notices);

  const inputFor = async (gun: Gun): Promise<UpdateInput> => {
    const memory = await ledger.read(gun);
    const effects = {
      cached: (role: RoleName) => cache.read(gun, role),
      download: store.download.bind(store, gun),
    };
    return { gun, now: clock.now(), pin: pinFor(gun, pins), firstUse, memory, effects };
  };

  const attempt = async (gun: Gun): Promise<TrustedRepository> => {
    const input = await inputFor(gun);
    const { memory, now } = input;
    compareClocks(now, { confirmedAt: memory?.confirmedAt });
    const heardBefore = store.serverTime?.();
    const outcome = await update(input).finally(() => {
      const heard = store.serverTime?.();
      // An old answer says nothing about the time now.
      if (heard !== heardBefore) compareClocks(now, { serverTime: heard });
    });
    const kept = await keep(gun, filesOf(outcome.repository), outcome.memory, memory === undefined);
    // Another process was first to trust this GUN, and what it trusted decides; or it has made this machine forget the GUN,
    // and what was trusted before must not come back (RT-28).
    return kept ? outcome.repository : attempt(gun);
  };

  /** What an outcome adds to the ledger and the cache; nothing that another process has found a successor to. */
  const news = async (
    gun: Gun,
    contents: ReadonlyMap<RoleName, Uint8Array>,
    memory: Memory,
  ): Promise<News> => {
    const stored = await ledger.read(gun);
    const merged = mergeMemories(memory, stored);
    const files: (readonly [RoleName, Uint8Array])[] = [];
    for (const [role, bytes] of contents) {
      const newest = role === roleNames.root ? merged.root : merged.roles.get(role);
      if (newest?.sha256 !== sha256Hex(bytes)) continue;
      const cached = await cache.read(gun, role);
      if (cached === undefined || !equalBytes(cached, bytes)) files.push([role, bytes]);
    }
    return { stored, memory: sameMemory(merged, stored) ? undefined : merged, files };
  };

  /**
   * The ledger first: after a crash in between, the next update finds at worst a cache that is behind (ST-01). Keeps nothing
   * and answers false when this was to be the first contact, and another process has trusted another root meanwhile; or when
   * it was not, and the GUN has been forgotten meanwhile.
   */
  const keep = async (
    gun: Gun,
    contents: ReadonlyMap<RoleName, Uint8Array>,
    memory: Memory,
    isFirst: boolean,
  ): Promise<boolean> => {
    const isRival = ({ stored }: News): boolean =>
      stored === undefined ? !isFirst : isFirst && stored.root.sha256 !== memory.root.sha256;
    try {
      // Most updates bring nothing new, and then nobody is kept waiting.
      const seen = await news(gun, contents, memory);
      if (isRival(seen)) return false;
      if (seen.memory === undefined && seen.files.length === 0) return true;
      return await exclusively(`dct/${gun}`, async () => {
        const now = await news(gun, contents, memory);
        if (isRival(now)) return false;
        if (now.memory !== undefined) await ledger.write(gun, now.memory);
        for (const [role, bytes] of now.files) await cache.write(gun, role, bytes);
        return true;
      });
    } catch (error) {
      // What was verified stays verified; only the memory of it is missing next time (ST-02).
      if (!isDctError(error) || error.family !== 'disk') throw error;
      notices.warn(`${error.message}; this trust data will not be remembered. ${error.next}`);
      return true;
    }
  };

  /**
   * Whether what looks like a rollback is only that another process has stored something newer since this update began, and
   * the server's answers are from before that. Then all of it is asked for again, and checked as strictly.
   */
  const wasOvertaken = async (gun: Gun, before: Memory | undefined, error: unknown): Promise<boolean> => {
    if (!isDctError(error, 'ROLLBACK', 'SAME_VERSION_CHANGED')) return false;
    const now = await ledger.read(gun);
    return now !== undefined && !sameMemory(now, before);
  };

  return {
    update: async (gun) => {
      let wasTorn = false;
      for (let attempts = 1; ; attempts++) {
        const before = await ledger.read(gun);
        try {
          return await attempt(gun);
        } catch (error) {
          // Somebody may have published between two downloads: once more, from the beginning (MM-05).
          const isTorn: boolean = !wasTorn && isDctError(error, 'ROLE_MISSING', 'ROOT_GAP');
          const isAnother = isTorn || (await wasOvertaken(gun, before, error));
          if (!isAnother || attempts >= limits.updateAttempts) throw error;
          wasTorn ||= isTorn;
          notices.debug(`${String(error)}; trying once more`);
        }
      }
    },

    readForRepair: async (gun) => readForRepair(await inputFor(gun)),

    adoptRoot: async (gun, bytes) => {
      const { data, keys } = await acceptRoot(bytes, gun, pinFor(gun, pins));
      const trusted = { at: clock.now(), how: 'created', rootKeys: [...keys.keys()] } as const;
      const root = { version: data.version, sha256: sha256Hex(bytes) };
      await exclusively(`dct/${gun}`, async () => {
        await ledger.write(gun, { trusted, root, roles: new Map(), confirmedAt: undefined });
        await cache.write(gun, roleNames.root, bytes);
      });
    },
  };
}

interface News {
  /** What the ledger holds now. */
  readonly stored: Memory | undefined;
  /** What it shall hold; undefined when it holds that already. */
  readonly memory: Memory | undefined;
  readonly files: readonly (readonly [RoleName, Uint8Array])[];
}

function filesOf(repository: TrustedRepository): ReadonlyMap<RoleName, Uint8Array> {
  const { root, targets, snapshot, timestamp, delegations } = repository;
  return new Map([
    [roleNames.root, root.bytes],
    [roleNames.targets, targets.bytes],
    ...[...delegations].map(([role, { bytes }]) => [role, bytes] as const),
    [roleNames.snapshot, snapshot.bytes],
    [roleNames.timestamp, timestamp.bytes],
  ]);
}

/** Confirmations are remembered to the minute, so that proxies and loops do not write (with an fsync) all the time. */
const confirmationMs = 60_000;

/** Saves a write on every update that brought nothing new. */
function sameMemory(a: Memory, b: Memory | undefined): boolean {
  if (b === undefined || a.root.sha256 !== b.root.sha256 || a.roles.size !== b.roles.size) return false;
  if (Math.abs((a.confirmedAt ?? 0) - (b.confirmedAt ?? 0)) >= confirmationMs) return false;
  return [...a.roles].every(([role, entry]) => {
    const other = b.roles.get(role);
    return (
      other?.sha256 === entry.sha256 &&
      other.version === entry.version &&
      other.keys === entry.keys &&
      other.withdrawn === entry.withdrawn
    );
  });
}
