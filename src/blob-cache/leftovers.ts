// Files of processes that were killed: recognised by their owner, and never taken away from one that may still write (CA-10).
import { randomBytes } from 'node:crypto';
import { lstat, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { utf8 } from '../base/bytes.ts';
import { createFile } from '../disk/atomic.ts';
import { isDead, thisProcess, type ProcessIdentity } from '../disk/process-identity.ts';
import { readRegular } from '../disk/read.ts';

/** After this long without a change a file is given up, also when nobody can tell whether its owner lives. */
const abandonedMs = 24 * 3600 * 1000;

/** Names for the files of one process in `directory`, and a file beside them that says whose they are. */
export class Ownership {
  readonly #directory: string;
  readonly #token = randomBytes(8).toString('hex');
  #files = 0;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async claim(directory: string): Promise<Ownership> {
    const ownership = new Ownership(directory);
    const { pid, birth, place } = await thisProcess();
    await createFile(ownership.#ownerFile, utf8(`${pid} ${birth} ${place}\n`));
    return ownership;
  }

  get #ownerFile(): string {
    return join(this.#directory, `${this.#token}.owner`);
  }

  newName(): string {
    return join(this.#directory, `${this.#token}.${this.#files++}`);
  }

  /** At the end of the process. What it leaves unfinished keeps its owner, so that the next process may remove it at once. */
  async release(): Promise<void> {
    const names = await readdir(this.#directory).catch((): readonly string[] => []);
    const own = names.filter((name) => tokenOf(name) === this.#token);
    if (own.length <= 1) await unlink(this.#ownerFile).catch(() => undefined);
  }
}

/** Removes what dead processes left behind in `directory`. @throws what the system says */
export async function sweepLeftovers(directory: string, now: number): Promise<void> {
  const names = await readdir(directory);
  const owners = new Map<string, boolean>();
  for (const name of names)
    if (name.endsWith('.owner')) owners.set(tokenOf(name), await isOwnerDead(join(directory, name)));
  // Owners last: without its owner a file would have to wait until it is old enough.
  const files = names.filter((name) => !name.endsWith('.owner'));
  for (const name of [...files, ...[...owners.keys()].map((token) => `${token}.owner`)]) {
    const path = join(directory, name);
    const gone = owners.get(tokenOf(name)) === true || (await isAbandoned(path, now));
    // Somebody else may be sweeping too.
    if (gone) await unlink(path).catch(() => undefined);
  }
}

function tokenOf(name: string): string {
  return name.split('.', 1)[0] ?? name;
}

/** False also where nobody can tell, as for a process of another machine. */
async function isOwnerDead(path: string): Promise<boolean> {
  const bytes = await readRegular(path).catch(() => undefined);
  const fields = /^(\d{1,10}) (\S+) (.+)\n$/.exec(Buffer.from(bytes ?? []).toString());
  if (fields === null) return false;
  const [, pid, birth, place] = fields as unknown as [string, string, string, string];
  const owner: ProcessIdentity = { pid: Number(pid), birth, place };
  return isDead(owner);
}

async function isAbandoned(path: string, now: number): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found !== undefined && now - found.mtimeMs > abandonedMs;
}
