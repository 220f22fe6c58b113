// Decisions in a file of their own: appended, bounded in memory, and never a reason to keep a client waiting.
import { open } from 'node:fs/promises';
import { DctError, printable } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Meters } from '../../base/meters.ts';
import type { Notices } from '../../base/ports.ts';
import type { DecisionSink } from './decision.ts';

export interface DecisionFile {
  readonly write: DecisionSink;
  /** Resolves when everything is written. */
  close(): Promise<void>;
}

export interface DecisionFileOptions {
  /** Absolute. Created for its owner only; what is there already is kept. */
  readonly path: string;
  readonly notices: Notices;
  readonly meters: Meters;
}

/**
 * Lines are appended in one write each, so a log that was copied and truncated goes on at its beginning. Lines that the
 * disk does not take are counted and said, and the proxy serves on.
 * @throws DISK when the file cannot be opened
 */
export async function openDecisionFile({
  path,
  notices,
  meters,
}: DecisionFileOptions): Promise<DecisionFile> {
  const lost = meters.counter({
    name: 'decision_lines_lost_total',
    help: 'Lines of the decision log that could not be written.',
  });
  const file = await open(path, 'a', 0o600).catch((error: unknown) => {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new DctError('DISK', { file: path, operation: 'open', problem: code || message }, error);
  });
  let waiting: string[] = [];
  let bytes = 0;
  let writing: Promise<void> | undefined;
  let healthy = true;

  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const lines = waiting;
      waiting = [];
      bytes = 0;
      try {
        await file.appendFile(lines.join(''));
        healthy = true;
      } catch (error) {
        lost.add({}, lines.length);
        if (healthy) notices.warn(`decisions are not written to ${path}: ${printable(String(error))}`);
        healthy = false;
      }
    }
    writing = undefined;
  };
  return {
    write: (line) => {
      const text = `${line}\n`;
      if (bytes + text.length > limits.decisionBacklogBytes) lost.add({});
      else {
        waiting.push(text);
        bytes += text.length;
        writing ??= drain();
      }
    },
    close: async () => {
      await writing;
      await file.close();
    },
  };
}
