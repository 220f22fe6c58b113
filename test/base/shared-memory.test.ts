// Memory that several threads read goes when nobody has it any more, as a thread's own does.
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { sharedMemory } from '../../src/base/shared-memory.ts';

const MiB = 1024 * 1024;

test('several threads may have it', () => {
  const memory = sharedMemory(3);
  expect(memory.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect([...memory]).toEqual([0, 0, 0]);
  expect(sharedMemory(0).byteLength).toBe(0);
});

test('I7: memory that nobody has any more is given back while more of it is made', async () => {
  const before = process.memoryUsage().arrayBuffers;
  const had: Buffer[] = [];
  let most = 0;
  for (let made = 0; made < 1024; made++) {
    had.push(sharedMemory(MiB));
    if (had.length > 8) had.shift();
    await turn();
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  expect(most).toBeLessThan(512 * MiB);
});
