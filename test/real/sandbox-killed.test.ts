// ST-01: `dct sandbox up --dir`, killed at every kind of file operation while images are pushed and trust data is published.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { buildImage, pushImage } from '../support/real/image.ts';
import { createUser, succeeds } from '../support/real/clients.ts';
import { dyingAtNewKinds } from '../support/real/dies-at-operation.ts';
import { freePort, startServer, until, type Server } from '../support/real/programs.ts';
import { RemoteNotary } from '../support/real/remote-notary.ts';
import { describeReal } from '../support/real/requirement.ts';
import { SandboxAccount } from '../support/real/sandbox-account.ts';
import { dctProgram, sandboxEnvironment } from '../support/real/sandbox-process.ts';

let home: string;
let kept: string;
let deaths: string;
let sandbox: Server | undefined;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'dct-killed-'));
  kept = join(home, 'kept');
  deaths = join(home, 'deaths');
  await writeFile(deaths, '');
});
afterEach(async () => {
  await sandbox?.kill();
  await rm(home, { recursive: true, force: true });
});

/** Answers when it is up, or dead. */
async function start(
  registryPort: number,
  notaryPort: number,
  dying = dyingAtNewKinds(deaths),
): Promise<Server> {
  const ports = ['--registry-port', String(registryPort), '--notary-port', String(notaryPort)];
  const started = await startServer(
    process.execPath,
    [dctProgram, 'sandbox', 'up', '--json', '--dir', kept, ...ports],
    { env: { ...sandboxEnvironment(home), ...dying }, cwd: home },
    () => true,
  );
  sandbox = started;
  await until(() => isUp(started) || !started.alive(), 'the sandbox to be up or dead');
  return started;
}

const isUp = (server: Server): boolean => server.stdout().endsWith('}\n');

describeReal([], 'dct sandbox up --dir', () => {
  it('ST-01: killed at every kind of file operation, keeps what it acknowledged and shows no half of anything', async () => {
    const [registryPort, notaryPort] = [await freePort(), await freePort()];
    const registry = `localhost:${registryPort}`;
    const notary = new RemoteNotary(`https://localhost:${notaryPort}`, () => readFile(join(kept, 'ca.crt')));
    const account = new SandboxAccount(registry, notary);
    for (let round = 1; ; round++) {
      const running = await start(registryPort, notaryPort);
      if (isUp(running)) {
        expect(await readdir(join(kept, 'blobs/uploads'))).toEqual([]);
        // Nobody dies of being asked.
        await account.check();
        // Side by side, so that the end of one finds the others anywhere.
        const work = await Promise.allSettled([
          account.push('team/app0', `tag${round}`),
          account.push(`team/app${round}`, 'tag'),
          account.publish('team/app0'),
          account.publish(`team/app${round}`),
        ]);
        const failure = work.find(({ status }) => status === 'rejected');
        if (failure === undefined) break;
        await until(() => !running.alive(), `the end of a sandbox that failed: ${JSON.stringify(failure)}`);
      }
      expect(await running.ended, running.log()).toBe(128 + 9);
    }
    const kinds = (await readFile(deaths, 'utf8')).trimEnd().split('\n');
    expect(kinds.length).toBeGreaterThan(40);
    for (const file of ['lock', 'sha#/*/*', '_repository.json', 'keys.json', 'metadata/*.json', 'state.json'])
      expect(
        kinds.some((kind) => /^(?:link|rename) /u.test(kind) && kind.endsWith(`/${file}`)),
        file,
      ).toBe(true);

    await account.check();
    await sandbox?.stop();
    const unharmed = await start(registryPort, notaryPort, {});
    expect(isUp(unharmed), unharmed.log()).toBe(true);
    await account.check();
    const address = { url: `https://localhost:${notaryPort}`, host: `localhost:${notaryPort}` };
    const user = await createUser(join(home, 'user'), { caFile: join(kept, 'ca.crt') }, address);
    await pushImage(`http://${registry}`, 'team/signed', buildImage(), '1');
    await succeeds(user.dct(['sign', `${registry}/team/signed:1`]));
    await succeeds(user.dct(['verify', '--deep', `${registry}/team/signed:1`]));
  });
});
