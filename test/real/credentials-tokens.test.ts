// Token authentication at the real servers: every scope that is asked for, tokens renewed, refusals.
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { succeeds } from '../support/real/clients.ts';
import { refusalOf } from '../support/real/refusal.ts';
import { describeReal } from '../support/real/requirement.ts';
import { asked, basic, passwords, useTokenStage } from '../support/real/token-stage.ts';

describeReal(
  ['notary-server', 'docker-registry', 'skopeo', 'openssl'],
  'token authentication at the registry and at the Notary server',
  () => {
    const on = useTokenStage();

    describe('AU-04 scopes', () => {
      const ofRegistry = 'repository:team/app:pull';

      it('a reader asks for pull, once', async () => {
        await succeeds(on.owner.dct(['resolve', `${on.gun}:1.0`]));
        expect(asked(on.atNotary)).toEqual([['nora', `repository:${on.gun}:pull`]]);
        expect(asked(on.atRegistry)).toEqual([]);
      });

      it('so does one who checks every layer', async () => {
        await succeeds(on.owner.dct(['verify', '--deep', `${on.gun}:1.0`]));
        expect(asked(on.atNotary)).toEqual([['nora', `repository:${on.gun}:pull`]]);
        expect(asked(on.atRegistry)).toEqual([['rita', ofRegistry]]);
      });

      it('a signer asks for pull to read, and for push to publish', async () => {
        const { digest } = on.image;
        await succeeds(on.owner.dct(['sign', `${on.gun}:1.1`, '--digest', digest]));
        expect(asked(on.atNotary)).toEqual([
          ['nora', `repository:${on.gun}:pull`],
          ['nora', `repository:${on.gun}:push,pull`],
        ]);
        expect(asked(on.atRegistry)).toEqual([['rita', ofRegistry]]);
      });

      it('a rotation of a key that the server holds needs everything', async () => {
        await succeeds(on.owner.dct(['key', 'rotate', on.gun, 'timestamp', '-y']));
        expect(asked(on.atNotary)).toEqual([
          ['nora', `repository:${on.gun}:pull`],
          ['nora', `repository:${on.gun}:*`],
          ['nora', `repository:${on.gun}:push,pull`],
        ]);
        await succeeds(on.owner.dct(['verify', `${on.gun}:1.0`]));
      });
    });

    describe('refusals', () => {
      it('a wrong password at the Notary server', async () => {
        const user = await on.userWith({ notary: basic('nora', 'wrong secret') });
        const refusal = await refusalOf(user, ['resolve', `${on.gun}:1.0`]);
        expect(refusal).toMatchObject({ exit: 4, code: 'ACCESS_DENIED' });
        expect(refusal.cause).toContain('user "nora"');
        expect(refusal.cause).not.toContain('wrong secret');
      });

      it('a wrong password at the registry', async () => {
        const user = await on.userWith({ registry: basic('rita', 'wrong secret') });
        const refusal = await refusalOf(user, ['sign', `${on.gun}:1.0`]);
        expect(refusal).toMatchObject({ exit: 5, code: 'REGISTRY_DENIED' });
        expect(refusal.cause).toContain('user "rita"');
        expect(refusal.cause).not.toContain('wrong secret');
      });

      it('AU-05 an account that may read and not publish: asked once, and told who was refused', async () => {
        const user = await on.userWith({
          registry: basic('rita', passwords.registry),
          notary: basic('reader', passwords.notary),
        });
        await cp(on.owner.trustDirectory, user.trustDirectory, { recursive: true });
        await succeeds(user.dct(['verify', `${on.gun}:1.0`]));
        on.atNotary.requests.length = 0;
        const { code, stderr } = await user.dct(['key', 'rotate', on.gun, 'timestamp', '-y', '--json']);
        expect({ code, stderr }).toMatchObject({
          code: 4,
          stderr: expect.stringContaining('ACCESS_DENIED') as string,
        });
        expect(asked(on.atNotary).filter(([, scope]) => scope?.endsWith(':*'))).toHaveLength(1);
      });
    });

    describe('pulls through the proxy', () => {
      it('AU-06 need one token, and one more when the registry does not accept it any longer', async () => {
        // What is kept would not be asked for again.
        const flags = ['--tofu', '--refresh', '0', '--no-cache'];
        const proxy = await on.owner.startProxy(['--registry', on.registry.host, ...flags]);
        const pull = (to: string) =>
          succeeds(
            on.owner.skopeo([
              ...['copy', '--src-tls-verify=false', `docker://${proxy.host}/team/app:1.0`],
              `dir:${join(on.owner.home, to)}`,
            ]),
          );
        try {
          await pull('first');
          await pull('second');
          expect(asked(on.atRegistry)).toEqual([['rita', 'repository:team/app:pull']]);
          await on.atRegistry.changeKey();
          await on.registry.restart();
          await pull('third');
          expect(asked(on.atRegistry)).toEqual(Array(2).fill(['rita', 'repository:team/app:pull']));
          expect(proxy.log()).not.toContain(passwords.registry);
        } finally {
          await proxy.stop();
        }
      });
    });
  },
);
