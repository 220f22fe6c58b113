// One layer of faults under every store: power that is cut, or a disk that refuses, at a chosen operation of a story.
import { DctError } from '../../src/base/errors.ts';
import type { Files } from '../../src/base/ports.ts';
import { systemCalls, type WriteCalls } from '../../src/disk/atomic.ts';
import { openDirectory } from '../../src/disk/files.ts';

/** What happens at the chosen operation. After a cut, no operation happens any more, and nothing is tidied up. */
export interface Fault {
  readonly what: string;
  readonly does: 'cuts' | 'cuts half way' | 'refuses once' | 'refuses from then on';
  /** What the system says, for the refusals. */
  readonly code?: string;
}

/** A cut before one operation is also the cut after the one before it. */
export const cut: Fault = { what: 'power is cut', does: 'cuts' };

/** For content that is written in place: a part of it arrives. */
export const halfWritten: Fault = { what: 'power is cut half way through', does: 'cuts half way' };

/** The one stays, as a full or read-only disk does; the other passes, as a lack of descriptors does. */
export const refusals: readonly Fault[] = [
  { what: 'no space is left (ENOSPC) from', does: 'refuses from then on', code: 'ENOSPC' },
  { what: 'the disk fails once (EIO) at', does: 'refuses once', code: 'EIO' },
];

/** Not an error of ours: nothing happens after it. */
export class PowerCut extends Error {}

/** The operations of one process, counted from 0, with a fault at one of them. */
export class Operations {
  readonly #at: number;
  readonly #fault: Fault;
  #count = 0;

  constructor(at: number, fault: Fault) {
    this.#at = at;
    this.#fault = fault;
  }

  /** Whether the story got as far as the fault. */
  get struck(): boolean {
    return this.#count > this.#at;
  }

  /** One operation; `half` does a part of it, where it has parts. */
  readonly step = async <T>(work: () => Promise<T>, half?: () => Promise<unknown>): Promise<T> => {
    const index = this.#count++;
    const { does, code = '' } = this.#fault;
    const isCut = does.startsWith('cuts');
    if (isCut && index > this.#at) throw new PowerCut();
    if (index === this.#at && isCut) {
      if (does === 'cuts half way') await half?.();
      throw new PowerCut();
    }
    if (index === this.#at || (index > this.#at && does === 'refuses from then on'))
      throw Object.assign(new Error(code), { code });
    return await work();
  };

  /** Changes of a directory behind the `Files` port. Its refusals are errors of the disk, as the port promises. */
  filesWritten(files: Files): Files {
    return {
      ...passing(files),
      write: (path, bytes) => this.#doing(files, path, () => files.write(path, bytes)),
      create: (path, bytes) => this.#doing(files, path, () => files.create(path, bytes)),
      remove: (path) => this.#doing(files, path, () => files.remove(path)),
    };
  }

  /** Reads of such a directory; changes are not counted. */
  filesRead(files: Files): Files {
    return { ...passing(files), read: (path) => this.#doing(files, path, () => files.read(path)) };
  }

  /** A directory on the disk. */
  directory(root: string): Files {
    const files = openDirectory(root, this.calls());
    return { ...files, remove: (path) => this.#doing(files, path, () => files.remove(path)) };
  }

  /** The system calls of crash-safe writes. */
  calls(calls: WriteCalls = systemCalls): WriteCalls {
    const { step } = this;
    return {
      openNew: (path) => step(() => calls.openNew(path)),
      write: (handle, bytes) =>
        step(
          () => calls.write(handle, bytes),
          () => calls.write(handle, bytes.subarray(0, bytes.byteLength >> 1)),
        ),
      sync: (handle) => step(() => calls.sync(handle)),
      rename: (from, to) => step(() => calls.rename(from, to)),
      link: (from, to) => step(() => calls.link(from, to)),
      unlink: (path) => step(() => calls.unlink(path)),
      syncDirectory: (path) => step(() => calls.syncDirectory(path)),
    };
  }

  async #doing<T>(files: Files, path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await this.step(work);
    } catch (error) {
      if (error instanceof DctError || error instanceof PowerCut) throw error;
      const problem = this.#fault.code ?? String(error);
      throw new DctError('DISK', { file: files.locate(path), operation: 'use', problem });
    }
  }
}

/** The methods as functions of their own, so that some of them can be replaced. */
function passing(files: Files): Files {
  return {
    read: (path) => files.read(path),
    list: (path) => files.list(path),
    locate: (path) => files.locate(path),
    write: (path, bytes) => files.write(path, bytes),
    create: (path, bytes) => files.create(path, bytes),
    remove: (path) => files.remove(path),
  };
}

/**
 * Plays a story with the fault at its first operation, its second, and so on, until it ends before the fault comes.
 * @returns how many operations it has
 */
export async function atEveryOperation(
  fault: Fault,
  story: (operations: Operations, index: number) => Promise<void>,
): Promise<number> {
  for (let index = 0; ; index++) {
    const operations = new Operations(index, fault);
    await story(operations, index);
    if (!operations.struck) return index;
  }
}
