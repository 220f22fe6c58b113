// A publication that somebody adds to on its way (Cure53's TUF-01-001), with the real server: who is told, and what is left.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { User } from '../support/real/clients.ts';
import { buildImage, pushImage } from '../support/real/image.ts';
import type { Outcome } from '../support/real/programs.ts';
import { errorCode, refusalOf } from '../support/real/refusal.ts';
import { createNotaryRepository, signedTags } from '../support/real/repositories.ts';
import { describeReal } from '../support/real/requirement.ts';
import { type Gateway, honest, startGateway } from '../support/real/trust-server-gateway.ts';
import { useStage } from '../support/real/use-stage.ts';

describeReal(
  ['notary-server', 'notary', 'docker-registry', 'openssl'],
  'a publication that gets a member that nobody signed',
  () => {
    const stage = useStage();
    let gateway: Gateway;
    beforeAll(async () => {
      gateway = await startGateway(stage.authority, stage.notary);
    });
    afterEach(() => {
      gateway.behave(honest);
    });
    afterAll(() => gateway.close());

    /** Adds it to the file of this role, beside `signed` and `signatures`. */
    function alter(role: string): void {
      const file = new RegExp(`(filename="${role}"\\r\\n[^]*?)\\}(?=\\r\\n--)`, 'u');
      gateway.behave((request, forward) => {
        if (request.method !== 'POST') return forward();
        const body = request.body.toString('latin1').replace(file, '$1,"abc":"xyz"}');
        expect(body.length).toBe(request.body.length + 12);
        return forward(undefined, Buffer.from(body, 'latin1'));
      });
    }

    async function sign(owner: User, repository: string, tag: string): Promise<Outcome> {
      await pushImage(stage.registry.url, stage.pathOf(repository), buildImage(), tag);
      return owner.dct(['sign', `${repository}:${tag}`, '--json']);
    }

    /** An owner whose publication of 2.0, after that of 1.0, is refused or told with this code. */
    async function tellsAtOnce(role: string, snapshotKey: 'local' | 'server', code: string) {
      const [owner, repository] = [await stage.user(gateway), stage.newRepository()];
      await createNotaryRepository(owner, repository, { snapshotKey, tags: {} });
      expect(await sign(owner, repository, '1.0')).toMatchObject({ code: 0 });
      alter(role);
      const told = await sign(owner, repository, '2.0');
      gateway.behave(honest);
      expect([told.code, errorCode(told.stderr)]).toEqual([3, code]);
      return { owner, repository };
    }

    it('PB-05, JS-11: in targets: no fit for our snapshot, so the server refuses it, and signing goes on', async () => {
      const { owner, repository } = await tellsAtOnce('targets', 'local', 'PUBLISH_REFUSED');
      expect(await sign(owner, repository, '3.0')).toMatchObject({ code: 0 });
      const tags = (await signedTags(await stage.user(), repository)).map(({ tag }) => tag);
      expect(tags).toEqual(['1.0', '3.0']);
    });

    // The server hashes what it understood of a file, and serves what it got: nobody can use the repository any more.
    it.each([
      ['targets', 'server', 'ROLE_MISSING'],
      ['snapshot', 'local', 'TRUST_DATA_GONE'],
    ] as const)(
      'PB-05, JS-11: in %s, while the snapshot key is %s: whoever publishes is told, and nobody believes what is left',
      async (role, snapshotKey, code) => {
        const { owner, repository } = await tellsAtOnce(role, snapshotKey, 'NOT_PERSISTED');
        for (const command of ['verify', 'sign'])
          expect(await refusalOf(owner, [command, `${repository}:1.0`])).toMatchObject({ exit: 3, code });
        const notary = await (await stage.user()).notary(['list', repository]);
        expect(notary.code).toBe(1);
        expect(notary.stdout).toContain('trust data unavailable');
      },
    );
  },
);
