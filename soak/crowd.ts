// The clients: each asks for one thing after the other, is judged at once, and is remembered for the account.
import { setTimeout as pause } from 'node:timers/promises';
import type { Proxy } from '../test/support/real/clients.ts';
import { ask, createClient } from './ask.ts';
import type { Shelf } from './catalogue.ts';
import type { Judge } from './judge.ts';
import type { Observation } from './observation.ts';
import { nextQuestion } from './questions.ts';
import type { Random } from './random.ts';

export interface CrowdOptions {
  readonly proxy: Proxy;
  readonly judge: Judge;
  readonly shelves: readonly Shelf[];
  readonly randomOf: (part: string) => Random;
  readonly clients: number;
}

export interface Crowd {
  readonly observations: readonly Observation[];
  readonly violations: readonly string[];
  /** Resolves when everybody has their last answer after `signal`. */
  work(signal: AbortSignal): Promise<void>;
  /** Closes idle connections. */
  rest(): void;
}

export function createCrowd({ proxy, judge, shelves, randomOf, clients }: CrowdOptions): Crowd {
  const { hostname: host, port } = new URL(proxy.url);
  const address = { host, port: Number(port) };
  const observations: Observation[] = [];
  const violations: string[] = [];
  // All of 127.0.0.0/8 is this machine, so everybody gets an address of their own.
  const members = Array.from({ length: clients }, (_, i) => ({
    client: createClient(`127.0.1.${i + 1}`),
    random: randomOf(`client ${i}`),
  }));
  return {
    observations,
    violations,
    work: async (signal) => {
      await Promise.all(
        members.map(async ({ client, random }) => {
          while (!signal.aborted) {
            const seen = await ask(client, address, ...nextQuestion(random, shelves));
            violations.push(...judge.judge(seen));
            observations.push(withoutContent(seen));
            await pause(random.whole(0, 80));
          }
        }),
      );
    },
    rest: () => {
      for (const { client } of members) client.agent.destroy();
    },
  };
}

/** Of thousands of answers only what the account needs is kept. */
function withoutContent(seen: Observation): Observation {
  const { kind, method, path, repository, tag, digest } = seen.question;
  const question = { kind, method, path, repository, ...(tag && { tag }), ...(digest && { digest }) };
  const isContent = (seen.status ?? 0) < 400;
  return { ...seen, question, body: isContent ? new Uint8Array() : seen.body };
}
