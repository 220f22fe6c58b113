// Hash threads for one test: dct's own, compiled for plain Node, or such as run something else.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import { openHashThreads, type HashThreads } from '../../src/hashing/index.ts';
import { compiledScript } from '../disk/compiled.ts';

export interface OpenedThreads extends HashThreads {
  readonly warnings: readonly string[];
}

/** @param run the source of another thread than dct's own */
export async function openThreads(count: number, run?: string): Promise<OpenedThreads> {
  const warnings: string[] = [];
  const notices = {
    warn: (line: string) => void warnings.push(line),
    info: () => undefined,
    debug: () => undefined,
  };
  const threads = openHashThreads({ count, notices, script: await scriptOf(run) });
  onTestFinished(() => threads.close());
  return { ...threads, warnings };
}

async function scriptOf(run: string | undefined): Promise<URL> {
  if (run !== undefined) return new URL(`data:text/javascript,${encodeURIComponent(run)}`);
  const script = await compiledScript('', ['src/base', 'src/hashing']);
  return pathToFileURL(join(script, '../src/hashing/thread.js'));
}

/** Breaks at the second message. */
export const dyingThread = `
  import { parentPort } from 'node:worker_threads';
  let messages = 0;
  parentPort.on('message', ({ hash }) => {
    if (++messages === 2) throw new Error('the thread is broken');
    parentPort.postMessage({ hash });
  });`;

/** Answers everything for the stream after the one that asks. */
export const confusedThread = `
  import { parentPort } from 'node:worker_threads';
  const digest = new Uint8Array(32);
  parentPort.on('message', ({ hash }) => parentPort.postMessage({ hash: hash + 1, digest }));`;
