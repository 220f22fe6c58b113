import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

// Two projects: `fast` needs nothing but Node; `real` starts the real Notary and registry programs.
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // The runner's own summary comes last.
    reporters: ['./test/support/measured-reporter.ts', 'default'],
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/real/**'],
          testTimeout: 20_000,
          // vitest leaves one core free for itself; it needs none while tests run.
          maxWorkers: '100%',
        },
      },
      {
        test: {
          name: 'real',
          include: ['test/real/**/*.test.ts'],
          globalSetup: ['test/support/real/build.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Two at a time: half of the time they wait for programs that wait for the network.
          maxWorkers: 2,
          // After the fast ones, which use every core.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
