// Errors that are neither the network's nor the caller's: disk (7), conflict (8), declined (9), interrupted (130), bug (70).
import { define } from './define.ts';

const raiseLimit =
  'Raise the limit, then run the same command again: ulimit -n 1024; for a service of systemd LimitNOFILE= in its unit.';

export const localErrors = {
  DISK: define(
    'disk',
    (f: { file: string; operation: string; problem: string }) =>
      `cannot ${f.operation} ${f.file}: ${f.problem}`,
    ({ problem }) =>
      /too many open files|\b(?:EMFILE|ENFILE)\b/.test(problem)
        ? raiseLimit
        : 'Check the permissions of that file and the free space of the disk, then run the same command again.',
  ),
  DISK_UNSAFE: define(
    'disk',
    (f: { file: string; problem: string }) => `${f.file} is not used: ${f.problem}`,
    () =>
      'Somebody may have tampered with this directory. Look at it, correct it, then run the same command again.',
  ),
  TOO_FEW_DESCRIPTORS: define(
    'disk',
    (f: { problem: string }) => `this process may not open as many files as it needs: ${f.problem}`,
    () => raiseLimit,
  ),
  CACHE_CORRUPT: define(
    'disk',
    (f: { file: string; problem: string }) =>
      `what this machine knows of a trusted root is damaged: ${f.file}: ${f.problem}`,
    () =>
      'It is not replaced silently, because trust would begin anew. Restore it from a backup; to begin anew on purpose: dct forget IMAGE --root',
  ),
  CACHED_CONTENT_WRONG: define(
    'disk',
    (f: { file: string; digest: string }) => `${f.file} no longer holds the content of ${f.digest}`,
    () => 'It was removed from the cache. Ask again; if it happens often, the disk may be failing.',
  ),
  SANDBOX_FULL: define(
    'disk',
    (f: { bound: number }) => `the sandbox holds no more than ${f.bound} bytes in memory`,
    () => 'Start the sandbox with --dir DIR to keep its content on disk.',
  ),
  LOCKED: define(
    'disk',
    (f: { file: string; seconds: number }) => `another dct has held ${f.file} for more than ${f.seconds} s`,
    (f) =>
      `Wait for the other command to end, then run this one again. If there is none any more, remove ${f.file}.`,
  ),
  CONFLICT: define(
    'conflict',
    (f: { gun: string; attempts: number }) =>
      `somebody else keeps publishing to ${f.gun}: gave up after ${f.attempts} attempts`,
    () => 'Nothing was overwritten. Run the same command again in a moment.',
  ),
  BUNDLE_OUTDATED: define(
    'conflict',
    (f: { gun: string; changes: string }) =>
      `${f.gun} was changed after the bundle had been made: ${f.changes}`,
    () => 'Nothing was published. Make the bundle again, on top of what is published now.',
  ),
  DECLINED: define(
    'declined',
    (f: { question: string }) => `not done: ${f.question}`,
    () =>
      'Nothing was changed. Run the same command again and agree; --yes, where the command has it, agrees beforehand.',
  ),
  INTERRUPTED: define(
    'interrupted',
    () => 'interrupted',
    () =>
      'What was reported as done is done; nothing else was changed. Run the same command again for the rest.',
  ),
  DEMO_FAILED: define(
    'bug',
    (f: { expectation: string }) => `this should have been so, and is not: ${f.expectation}`,
    () => 'This is a defect of dct. Please report it with what the demo printed.',
  ),
  BUG: define(
    'bug',
    (f: { problem: string }) => `internal error: ${f.problem}`,
    () => 'This is a defect of dct. Please report it with the command and this line.',
  ),
  SANDBOX_STATE: define(
    'disk',
    (f: { file: string; problem: string }) => `what the sandbox kept is damaged: ${f.file}: ${f.problem}`,
    () => 'Nothing in a sandbox is worth repairing: start it with an empty directory.',
  ),
};
