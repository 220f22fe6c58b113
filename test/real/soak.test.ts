// A short soak: mixed load before servers that fail, and an account of every request; `npm run soak` is the long one.
import { expect, it } from 'vitest';
import { describeSoak } from '../../soak/report.ts';
import { soak } from '../../soak/soak.ts';
import { describeReal } from '../support/real/requirement.ts';

describeReal([], 'a proxy under mixed load while everything behind it fails', () => {
  it('serves no wrong byte, accounts for every request, and holds nothing in the end', async () => {
    const report = await soak({ seconds: 20, seed: 5, real: false, clients: 8 });
    expect(report.violations, describeSoak(report)).toEqual([]);
    const verdicts = new Set(report.lines.map(({ verdict }) => verdict));
    expect([...verdicts]).toEqual(expect.arrayContaining(['served', 'refused']));
    expect(report.faults.size, describeSoak(report)).toBeGreaterThan(0);
  }, 300_000);
});
