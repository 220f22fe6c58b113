// The real notary as the oracle: whatever it refuses we refuse, and where we are stricter a decision says so.
//
// ORACLE_RUNS=5000 asks about that many repositories, ORACLE_SEED=N begins at that seed: a case that failed is shown again by
// ORACLE_SEED=<its seed> ORACLE_RUNS=1.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeCase, type Case } from '../oracle/case.ts';
import { makeHistory, type History } from '../oracle/history.ts';
import { openOracle, type Oracle } from '../oracle/notary-verdict.ts';
import { filesAfter, ourVerdict } from '../oracle/our-verdict.ts';
import { decisionBehind, isRecovery } from '../oracle/stricter.ts';
import { compare, type Comparison, type Verdict } from '../oracle/verdict.ts';
import { MemoryFiles } from '../support/memory-files.ts';
import { describeReal } from '../support/real/requirement.ts';

const runs = Number(process.env['ORACLE_RUNS'] ?? 200);
const firstSeed = Number(process.env['ORACLE_SEED'] ?? 1);

/** Seeds on which notary once was stricter than we were. */
const keptSeeds = [74, 1758, 20239];

interface Answer {
  readonly asked: Case;
  readonly ours: Verdict;
  readonly notarys: Verdict;
  readonly comparison: Comparison;
}

describeReal(['notary'], 'verdicts of notary and of dct on the same repositories', () => {
  let directory: string;
  let history: History;
  let oracle: Oracle;
  let past: MemoryFiles;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dct-oracle-'));
    history = makeHistory(Math.floor(Date.now() / 1000) * 1000);
    oracle = await openOracle(directory, history.known);
    past = await filesAfter(history.known);
  });
  afterAll(async () => {
    await oracle.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function ask(seed: number): Promise<Answer> {
    const asked = makeCase(history, seed);
    const { client, repository } = asked;
    const ours = await ourVerdict(client === 'known' ? past.copy() : new MemoryFiles(), repository);
    const notarys = await oracle.ask(client, repository);
    return { asked, ours, notarys, comparison: compare(ours, notarys) };
  }

  /** Two questions at a time: notary is a process, and we are another. */
  async function askAll(seeds: readonly number[]): Promise<readonly Answer[]> {
    const waiting = [...seeds];
    const answers: Answer[] = [];
    const worker = async (): Promise<void> => {
      for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift())
        answers.push(await ask(seed));
    };
    await Promise.all([worker(), worker()]);
    return answers;
  }

  it(
    'we refuse whatever notary refuses, and every refusal beyond that has its decision',
    async () => {
      const seeds = Array.from({ length: runs }, (_, i) => firstSeed + i);
      const answers = await askAll([...new Set([...keptSeeds, ...seeds])]);

      const looser = answers.filter(
        ({ comparison, asked, notarys }) =>
          comparison === 'looser' && !isRecovery(asked, history.known, notarys),
      );
      const unexplained = answers.filter(
        ({ comparison, ours }) => comparison === 'stricter' && decisionBehind(ours) === undefined,
      );
      if (process.env['ORACLE_RUNS'] !== undefined) process.stdout.write(`${summary(answers)}\n`);
      expect({
        looser: looser.map(describeAnswer),
        unexplained: unexplained.map(describeAnswer),
      }).toEqual({ looser: [], unexplained: [] });
      if (runs < 100) return;
      // An oracle that always says the same says nothing.
      const both = answers.filter(({ comparison }) => comparison === 'agreed');
      expect(both.some(({ ours }) => ours.accepted)).toBe(true);
      expect(both.some(({ ours }) => !ours.accepted)).toBe(true);
    },
    60_000 + runs * 1_000,
  );
});

function describeAnswer({ asked, ours, notarys }: Answer): string {
  const say = ({ accepted, reason, detail, tags }: Verdict): string =>
    accepted ? `believes ${tags.join(', ')}` : `refuses: ${reason} ${detail}`;
  return `ORACLE_SEED=${asked.seed} ORACLE_RUNS=1: ${asked.description}\n  dct ${say(ours)}\n  notary ${say(notarys)}`;
}

/** How often it came to what, by the code of our refusal. */
function summary(answers: readonly Answer[]): string {
  const counts = new Map<string, number>();
  for (const { comparison, ours } of answers) {
    const adr = comparison === 'stricter' ? (decisionBehind(ours) ?? 'NO DECISION') : '';
    const line = `${comparison} ${ours.accepted ? 'accepted' : ours.reason} ${adr}`.trim();
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([line, count]) => `${count}\t${line}`)
    .join('\n');
}
