// Whoever wrote last, whoever writes next: dct, docker trust and notary go on from each other, and all read the same.
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createUser, type TrustServerAddress, type User } from '../support/real/clients.ts';
import { dctInProcess } from '../support/real/dct-in-process.ts';
import { dockerClients } from '../support/real/docker-clients.ts';
import { startEngineStandIn, type EngineStandIn } from '../support/real/engine-stand-in.ts';
import { inspectedTags, signedTags, type InspectedTag } from '../support/real/repositories.ts';
import { beginLife, chains, steps, tools, type Tool } from '../support/real/repository-life.ts';
import { describeReal } from '../support/real/requirement.ts';
import { startSandboxProcess, type SandboxProcess } from '../support/real/sandbox-process.ts';
import { useStage } from '../support/real/use-stage.ts';

interface Differences {
  readonly step: string;
  readonly by: Tool;
  /** Of docs/parity.md. */
  readonly defect: string;
  /** Whether the installed program has it. */
  readonly present: boolean;
}

/** The oldest is nearest to what docker trust is meant to do; later ones lost `signer remove`. */
const [docker] = dockerClients().toSorted((a, b) => a.major - b.major);

/** Where one of the others does not do what it says; notary does it then. */
const differences: readonly Differences[] = [
  { step: 'remove the signer bob', by: 'docker trust', defect: 'P-01', present: (docker?.major ?? 0) >= 26 },
];

/** What a reader tells of a repository, whichever tool it is: tags in order, with signers where they are shown. */
const read: Readonly<
  Record<Tool, (reader: User, repository: string, url: string) => Promise<readonly InspectedTag[]>>
> = {
  dct: async (reader, repository, url) => {
    const { stdout } = await dctInProcess(reader, ['inspect', repository, '--server', url]);
    const [{ SignedTags: tags } = { SignedTags: [] }] = JSON.parse(stdout) as readonly {
      readonly SignedTags: readonly { SignedTag: string; Digest: string; Signers: readonly string[] }[];
    }[];
    return tags.map(({ SignedTag, Digest, Signers }) => ({
      tag: SignedTag,
      digest: `sha256:${Digest}`,
      signers: Signers,
    }));
  },
  'docker trust': inspectedTags,
  // It lists no signers.
  notary: async (reader, repository) =>
    (await signedTags(reader, repository)).map(({ tag, digest }) => ({ tag, digest, signers: [] })),
};

type Server = 'notary-server' | 'the sandbox';

/** The sandbox is compared with notary-server elsewhere; here it gets one chain, in which the writers alternate. */
const lives: readonly { readonly server: Server; readonly column: number }[] = [
  ...[...chains.keys()].map((column) => ({ server: 'notary-server', column }) as const),
  { server: 'the sandbox', column: 5 },
];

describeReal(
  ['notary-server', 'docker-registry', 'notary', 'docker', 'openssl'],
  'every writer, every next writer, every reader (PB-18)',
  () => {
    const stage = useStage();
    let sandbox: SandboxProcess;
    let engine: EngineStandIn;
    beforeAll(async () => {
      const directory = join(stage.directory, 'sandbox');
      await mkdir(directory);
      sandbox = await startSandboxProcess({ directory });
      engine = await startEngineStandIn(join(stage.directory, 'docker.sock'), stage.registry.url);
    });
    afterAll(() => Promise.all([sandbox.stop(), engine.close()]));

    let users = 0;
    /** Somebody with an empty home who uses this trust server. */
    async function somebody(server: Server): Promise<User> {
      if (server === 'notary-server') return stage.user();
      users += 1;
      const home = join(stage.directory, `sandbox-user${users}`);
      await mkdir(home, { mode: 0o700 });
      const address: TrustServerAddress = { url: sandbox.notary, host: new URL(sandbox.notary).host };
      return createUser(home, { ...stage.authority, caFile: sandbox.ca }, address);
    }

    /** One reader for each tool, so that none profits from what another one has cached. */
    async function readers(server: Server): Promise<Readonly<Record<Tool, User>>> {
      const [dct, dockerTrust, notary] = await Promise.all(tools.map(() => somebody(server)));
      return { dct, 'docker trust': dockerTrust, notary } as Readonly<Record<Tool, User>>;
    }

    async function live(server: Server, writers: readonly Tool[]): Promise<void> {
      const url = server === 'notary-server' ? stage.notary.url : sandbox.notary;
      const [owner, bob] = [await somebody(server), await somebody(server)];
      const life = beginLife(
        {
          repository: stage.newRepository(),
          owner,
          bob,
          engine: { env: { DOCKER_HOST: engine.host, PATH: docker && dirname(docker.program) } },
        },
        { url: stage.registry.url, pathOf: (repository) => stage.pathOf(repository) },
      );
      const [constant, late] = [await readers(server), await readers(server)];
      const expectRead = async (by: Readonly<Record<Tool, User>>, when: string): Promise<void> => {
        const rows = [...life.signed]
          .map(([tag, { image, signers }]) => ({ tag, digest: image.digest, signers }))
          .sort((a, b) => (a.tag < b.tag ? -1 : 1));
        const withoutSigners = rows.map((row) => ({ ...row, signers: [] }));
        const shown = await Promise.all(tools.map((tool) => read[tool](by[tool], life.repository, url)));
        for (const [index, tool] of tools.entries())
          expect(shown[index], `${tool}, ${when}`).toEqual(tool === 'notary' ? withoutSigners : rows);
      };

      for (const [index, { name, write }] of steps.entries()) {
        const tool = writers[index] as Tool;
        const when = `after ${tool}: ${name}`;
        const difference = differences.find((d) => d.present && d.by === tool && d.step === name);
        const effective = difference === undefined ? tool : 'notary';
        await write[effective]?.(life).catch((cause: unknown) => {
          throw new Error(`${effective} could not: ${name}`, { cause });
        });
        await expectRead(constant, `${when}, old cache`);
        if (life.signed.size > 0) await expectRead(await readers(server), `${when}, fresh`);
        if (index === 1) await expectRead(late, when);
      }
      await expectRead(late, 'in the end, with a cache from the beginning');
    }

    let free = 2;
    const waiting: (() => void)[] = [];
    /** Two lives at a time. */
    async function inTurn(work: () => Promise<void>): Promise<void> {
      if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      else free -= 1;
      try {
        await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) free += 1;
        else next();
      }
    }

    // The time counts from before the waiting.
    it.concurrent.each(lives)('at $server, column $column', { timeout: 600_000 }, ({ server, column }) =>
      inTurn(() => live(server, chains[column] ?? [])),
    );
  },
);
