// One update under way: where its files come from, and what is expected of each.
import { toHex } from '../../base/bytes.ts';
import { DctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Gun } from '../../base/reference.ts';
import { readTimestamp, roleNames, type Common, type Envelope, type FileMeta } from '../model/index.ts';
import type { RoleName, Root, Timestamp } from '../model/index.ts';
import type { Trusted } from '../types.ts';
import { accept, seenInCache, type Expectation } from './accept.ts';
import { authorityOf, checkContent, matchesMeta, sha256Hex, type Authority } from './checks.ts';
import { isOutage, type Effects } from './effects.ts';
import { beginsAnew, type Memory } from './memory.ts';

export interface RunInput {
  readonly gun: Gun;
  readonly now: number;
  readonly memory: Memory | undefined;
  readonly effects: Effects;
  readonly root: Root;
  readonly outage: DctError | undefined;
}

export class Run {
  readonly gun: Gun;
  readonly memory: Memory | undefined;
  /** Set once the server failed to answer: from then on only the cache is used. */
  outage: DctError | undefined;
  readonly #now: number;
  readonly #effects: Effects;
  readonly #root: Root;

  constructor(input: RunInput) {
    this.gun = input.gun;
    this.memory = input.memory;
    this.outage = input.outage;
    this.#now = input.now;
    this.#effects = input.effects;
    this.#root = input.root;
  }

  /** TUF 5.4. Only an outage may be answered from the cache, and never past the cached file's expiry (ADR 0003). */
  async timestamp(): Promise<Trusted<Timestamp>> {
    const cached = await this.#effects.cached(roleNames.timestamp);
    const bytes = (await this.#currentTimestamp(cached)) ?? cached;
    if (bytes === undefined) throw this.outage ?? new DctError('NO_TRUST_DATA', { gun: this.gun });
    return accept(
      bytes,
      this.#expect(roleNames.timestamp, this.authority('timestamp'), readTimestamp, cached),
    );
  }

  async #currentTimestamp(cached: Uint8Array | undefined): Promise<Uint8Array | undefined> {
    if (this.outage !== undefined) return undefined;
    try {
      const bytes = await this.#effects.download({ role: roleNames.timestamp }, limits.timestampBytes);
      if (bytes !== undefined) return bytes;
    } catch (error) {
      if (!isOutage(error)) throw error;
      this.outage = error;
      return undefined;
    }
    // "Not found" where there was something is an answer, and not an outage (FZ-05).
    const known = this.memory !== undefined || cached !== undefined;
    if (known) throw new DctError('TRUST_DATA_GONE', { gun: this.gun, role: 'timestamp' });
    throw new DctError('NO_TRUST_DATA', { gun: this.gun });
  }

  /** A file that signed metadata describes: from the cache when it matches, else by its hash (TUF 5.5, 5.6). */
  async file<T extends Common>(
    role: RoleName,
    meta: FileMeta,
    maxBytes: number,
    read: (envelope: Envelope) => T,
    authority: Authority,
  ): Promise<Trusted<T>> {
    const cached = await this.#effects.cached(role);
    const usable = cached !== undefined && matchesMeta(cached, meta);
    const bytes = usable ? cached : await this.#download(role, meta, maxBytes);
    return accept(bytes, this.#expect(role, authority, read, cached));
  }

  async #download(role: RoleName, meta: FileMeta, maxBytes: number): Promise<Uint8Array> {
    if (this.outage !== undefined) throw this.outage;
    if (meta.length > maxBytes)
      throw new DctError('LIMIT', { what: `${role} metadata`, limit: 'its size in bytes', bound: maxBytes });
    const sha256 = meta.hashes.get('sha256');
    const bytes = sha256 && (await this.#effects.download({ role, sha256: toHex(sha256) }, meta.length));
    if (bytes === undefined) throw new DctError('ROLE_MISSING', { gun: this.gun, role });
    checkContent(`${role} metadata`, bytes, meta);
    return bytes;
  }

  /** The snapshot names the root it belongs to; another one means a root that the chain did not lead to (RB-14, RT-20). */
  checkRootInSnapshot(meta: FileMeta | undefined, rootBytes: Uint8Array): void {
    if (meta !== undefined && matchesMeta(rootBytes, meta)) return;
    if (this.outage !== undefined) throw this.outage;
    throw new DctError('ROOT_GAP', {
      gun: this.gun,
      expected: this.#root.version + 1,
      problem: 'the snapshot names another root than the newest that the server offers',
    });
  }

  /**
   * Whether a delegation was seen published and not withdrawn since, here or by another tool that shares the cache. Key
   * changes do not matter: they begin the versions anew, but do not take anything back (RB-09).
   */
  async wasPublished(
    role: RoleName,
    authority: Authority,
    read: (envelope: Envelope) => Common,
  ): Promise<boolean> {
    const remembered = this.memory?.roles.get(role);
    if (remembered !== undefined) return !remembered.withdrawn;
    return seenInCache(await this.#effects.cached(role), { role, authority, read }) !== undefined;
  }

  /** When the server last answered: now, or as remembered. */
  get confirmedAt(): number | undefined {
    return this.outage === undefined ? this.#now : this.memory?.confirmedAt;
  }

  /** Who may sign a base role. */
  authority(role: 'timestamp' | 'snapshot' | 'targets'): Authority {
    return authorityOf(this.#root.roles[role], this.#root.keys);
  }

  #expect<T extends Common>(
    role: RoleName,
    authority: Authority,
    read: (envelope: Envelope) => T,
    cached: Uint8Array | undefined,
  ): Expectation<T> {
    if (beginsAnew(this.memory, role, this.#root))
      return { gun: this.gun, role, authority, read, seen: [], now: this.#now };
    const remembered = this.memory?.roles.get(role);
    // The very file that is remembered has nothing to add, and verifying it again takes time.
    const isKnown = cached !== undefined && remembered?.sha256 === sha256Hex(cached);
    const seen = [remembered, isKnown ? undefined : seenInCache(cached, { role, authority, read })];
    return { gun: this.gun, role, authority, read, seen, now: this.#now };
  }
}
