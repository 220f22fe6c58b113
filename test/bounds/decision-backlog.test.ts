// Decisions that the disk does not take in time are dropped and counted, before they fill the memory.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { MeterRegistry, openDecisionFile } from '../../src/proxy/index.ts';
import { temporaryDirectory } from '../disk/support.ts';

it('decisionBacklogBytes: what is written at once beyond the bound is lost, and the rest is not', async () => {
  const path = join(await temporaryDirectory(), 'decisions.log');
  const meters = new MeterRegistry();
  const notices = { warn: () => undefined, info: () => undefined, debug: () => undefined };
  const file = await openDecisionFile({ path, notices, meters });
  const line = 'x'.repeat(1024 * 1024 - 1);
  // The first one is under way at once; from then on they wait, for nothing gives way to the disk here.
  for (let n = 0; n < limits.decisionBacklogBytes / (line.length + 1) + 4; n++) file.write(line, 'info');
  await file.close();
  const written = (await readFile(path)).byteLength;
  expect(written).toBe(limits.decisionBacklogBytes + line.length + 1);
  expect(meters.render()).toMatch(/decision_lines_lost_total 3$/mu);
});
