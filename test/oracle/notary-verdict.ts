// The verdict of the real notary on the same files, served to it over HTTP: one address for each case.
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { asTag } from '../../src/base/reference.ts';
import { reply, serve } from '../support/hostile-server.ts';
import type { SimulatedRepository } from '../support/notary/repository.ts';
import { runCommand, type Outcome } from '../support/real/programs.ts';
import { searchPath } from '../support/real/search-path.ts';
import { gun } from './history.ts';
import { accepted, refused, type Verdict } from './verdict.ts';

export interface Oracle {
  /** Asks notary, with the cache of somebody who has seen `known`, or with none. */
  ask(client: 'fresh' | 'known', repository: SimulatedRepository): Promise<Verdict>;
  close(): Promise<void>;
}

/** The roles that count, in the order in which Docker asks for them. */
const releasing = ['targets/releases', 'targets'];

/** @param directory an empty one, for notary's caches */
export async function openOracle(directory: string, known: SimulatedRepository): Promise<Oracle> {
  const served = new Map<string, SimulatedRepository>();
  const server = await serve((response, heard) => {
    const [, id = '', name] = /^\/(\w+)\/v2\/(?:.*\/_trust\/tuf\/(.*))?$/u.exec(heard.path) ?? [];
    const bytes = name === undefined ? '' : served.get(id)?.files.get(name);
    const answer = bytes === undefined ? reply(404, {}, '{"errors":[]}') : reply(200, {}, bytes);
    answer(response, heard);
  });
  const run = async (id: string, repository: SimulatedRepository, cache: string): Promise<Outcome> => {
    served.set(id, repository);
    const flags = [
      '-s',
      `${server.origin}/${id}`,
      '-d',
      cache,
      'list',
      ...releasing.flatMap((role) => ['-r', role]),
    ];
    const outcome = await runCommand('notary', [...flags, gun], {
      env: { HOME: directory, PATH: searchPath },
      cwd: directory,
    });
    served.delete(id);
    return outcome;
  };
  const past = join(directory, 'known');
  const first = await run('known', known, past);
  if (first.code !== 0) throw new Error(`notary refuses an honest repository:\n${first.stderr}`);
  let count = 0;
  return {
    close: () => server.close(),
    ask: async (client, repository) => {
      const id = `case${count++}`;
      const cache = join(directory, id);
      if (client === 'known') await cp(past, cache, { recursive: true });
      else await mkdir(cache);
      const outcome = await run(id, repository, cache);
      await rm(cache, { recursive: true });
      return verdictOf(outcome);
    },
  };
}

function verdictOf({ code, stdout, stderr }: Outcome): Verdict {
  // notary tells its reasons on either.
  if (code !== 0) return refused(/fatal: .*/u.exec(stdout + stderr)?.[0] ?? `exit status ${code}`);
  return accepted(stdout.split('\n').flatMap(tagOf));
}

/** A line of notary's table, unless it is none, is about a role that decides about nothing, or names what is no tag. */
function tagOf(line: string): readonly string[] {
  const [, name = '', digest, size, role = ''] = /^(.*?)\s+([0-9a-f]{64})\s+(\d+)\s+(\S+)$/u.exec(line) ?? [];
  if (!releasing.includes(role) || asTag(name) === undefined) return [];
  return [[name, role, digest, size].join(' ')];
}
