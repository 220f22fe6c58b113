// `npm run soak`: a proxy under mixed load before servers that fail; exit status 1 when anything was not as it has to be.
import { parseArgs } from 'node:util';
import { describeSoak } from './report.ts';
import { soak } from './soak.ts';

const { values } = parseArgs({
  options: {
    /** Of load, warm-up included. */
    minutes: { type: 'string', default: '10' },
    clients: { type: 'string', default: '16' },
    /** Of all random choices; what happens at the same time is not chosen by it. */
    seed: { type: 'string' },
    /** docker-registry and notary-server instead of the sandbox. */
    real: { type: 'boolean', default: false },
  },
});

const report = await soak({
  seconds: Number(values.minutes) * 60,
  seed: Number(values.seed ?? Math.floor(Math.random() * 2 ** 32)),
  real: values.real,
  clients: Number(values.clients),
});
process.stdout.write(`${describeSoak(report)}\n`);
if (report.violations.length > 0) process.exitCode = 1;
