// In which repositories a blob was seen: the cache answers for those without asking, and for no others (CA-08).
import { utf8 } from '../base/bytes.ts';
import type { Digest } from '../base/digest.ts';
import { limits } from '../base/limits.ts';
import type { Gun } from '../base/reference.ts';
import { makeDirectories } from '../disk/path.ts';
import { readRegular } from '../disk/read.ts';
import type { CacheCalls } from './calls.ts';
import { fileOf, seen, shardOf } from './layout.ts';

/**
 * One small file for each blob, a GUN on each line. Losing it costs a question upstream, so it is written whole but not made
 * durable; of two processes that write at once, one may lose its line.
 */
export class SeenIn {
  readonly #root: string;
  readonly #newName: () => string;
  readonly #calls: CacheCalls;
  readonly #remembered = new Set<string>();

  constructor(root: string, newName: () => string, calls: CacheCalls) {
    this.#root = root;
    this.#newName = newName;
    this.#calls = calls;
  }

  async has(digest: Digest, gun: Gun): Promise<boolean> {
    const key = `${digest} ${gun}`;
    if (this.#remembered.has(key)) return true;
    const known = (await this.#read(digest)).includes(gun);
    if (known) this.#remember(key);
    return known;
  }

  /** @throws what the system says; what was to be remembered is remembered in memory all the same */
  async add(digest: Digest, gun: Gun): Promise<void> {
    const key = `${digest} ${gun}`;
    if (this.#remembered.has(key)) return;
    this.#remember(key);
    const others = (await this.#read(digest)).filter((known) => known !== gun);
    const lines = [...others, gun].slice(-limits.repositoriesOfBlob);
    await makeDirectories(this.#root, [seen, ...shardOf(digest)]);
    await this.#replace(fileOf(this.#root, seen, digest), utf8(`${lines.join('\n')}\n`));
  }

  async #replace(path: string, bytes: Uint8Array): Promise<void> {
    const calls = this.#calls;
    const temporary = this.#newName();
    const handle = await calls.openNew(temporary);
    try {
      await calls.write(handle, bytes, 0).finally(() => calls.close(handle));
      await calls.rename(temporary, path);
    } catch (error) {
      await calls.unlink(temporary).catch(() => undefined);
      throw error;
    }
  }

  #remember(key: string): void {
    this.#remembered.add(key);
    if (this.#remembered.size <= limits.rememberedLinks) return;
    for (const oldest of this.#remembered) {
      this.#remembered.delete(oldest);
      return;
    }
  }

  async #read(digest: Digest): Promise<readonly string[]> {
    const bytes = await readRegular(fileOf(this.#root, seen, digest)).catch(() => undefined);
    return Buffer.from(bytes ?? [])
      .toString()
      .split('\n')
      .filter((line) => line !== '');
  }
}
