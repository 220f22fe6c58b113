// Token authentication at the real servers: every scope that is asked for, accounts kept apart, tokens renewed, refusals.
import { chmod, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { succeeds, type User } from '../support/real/clients.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/real/docker-registry.ts';
import { buildImage, type Image, pushImage } from '../support/real/image.ts';
import { type NotaryServer, startNotaryServer } from '../support/real/notary-server.ts';
import { refusalOf } from '../support/real/refusal.ts';
import { describeReal } from '../support/real/requirement.ts';
import { startTokenServer, type TokenServer } from '../support/real/token-server.ts';
import { useStage } from '../support/real/use-stage.ts';

const passwords = { registry: 'registry password', notary: 'notary password' };
const identity = 'identity token of nora';

describeReal(
  ['notary-server', 'docker-registry', 'skopeo', 'openssl'],
  'token authentication at the registry and at the Notary server',
  () => {
    const stage = useStage();
    let registry: DockerRegistry;
    let notary: NotaryServer;
    let atRegistry: TokenServer;
    let atNotary: TokenServer;
    let image: Image;
    let gun: string;
    let owner: User;

    beforeAll(async () => {
      const { directory, authority } = stage;
      await Promise.all(['registry-tokens', 'notary-tokens'].map((name) => mkdir(join(directory, name))));
      atRegistry = await startTokenServer(join(directory, 'registry-tokens'), authority, {
        service: 'the registry',
        algorithm: 'ES256',
        accounts: { rita: passwords.registry },
        grant: (user, actions) => (user === undefined ? [] : actions),
      });
      atNotary = await startTokenServer(join(directory, 'notary-tokens'), authority, {
        service: 'the Notary server',
        algorithm: 'RS256',
        accounts: { nora: passwords.notary, reader: passwords.notary },
        identities: { [identity]: 'nora' },
        grant: (user, actions) => (user === 'nora' ? actions : actions.filter((action) => action === 'pull')),
      });
      // Images get there before the door is locked.
      const storage = join(directory, 'locked');
      const open = await startDockerRegistry(storage);
      image = buildImage();
      await pushImage(open.url, 'team/app', image, '1.0');
      await open.stop();
      registry = await startDockerRegistry(storage, { tokens: atRegistry.settings });
      notary = await startNotaryServer(directory, authority, { tokens: atNotary.settings });
      gun = `${registry.host}/team/app`;
      owner = await userWith({
        registry: basic('rita', passwords.registry),
        notary: basic('nora', passwords.notary),
      });
      await succeeds(owner.dct(['sign', `${gun}:1.0`]));
    });
    afterAll(async () => {
      await Promise.all([registry.stop(), notary.stop(), atRegistry.close(), atNotary.close()]);
    });
    beforeEach(() => {
      for (const { requests, authorizations } of [atRegistry, atNotary]) {
        requests.length = 0;
        authorizations.length = 0;
      }
    });

    const basic = (user: string, password: string) => ({
      auth: Buffer.from(`${user}:${password}`).toString('base64'),
    });

    /** A user with these entries in Docker's configuration; `notaryEntry` goes into dct's. */
    async function userWith(
      entries: { readonly registry?: object; readonly notary?: object },
      notaryEntry: object = {},
      server: NotaryServer = notary,
    ): Promise<User> {
      const user = await stage.user(server);
      const auths = {
        ...(entries.registry && { [registry.host]: entries.registry }),
        ...(entries.notary && { [server.host]: entries.notary }),
      };
      await writeFile(join(user.dockerConfig, 'config.json'), JSON.stringify({ auths }));
      const entry = { ca: stage.authority.caFile, ...notaryEntry };
      await mkdir(join(user.home, '.config/dct'), { recursive: true });
      const registries = { [registry.host]: entry };
      await writeFile(join(user.home, '.config/dct/config.json'), JSON.stringify({ registries }));
      return user;
    }

    const asked = ({ requests }: TokenServer) => requests.map(({ user, scope }) => [user, scope]);

    describe('AU-04 scopes', () => {
      const ofRegistry = 'repository:team/app:pull';

      it('a reader asks for pull, once', async () => {
        await succeeds(owner.dct(['resolve', `${gun}:1.0`]));
        expect(asked(atNotary)).toEqual([['nora', `repository:${gun}:pull`]]);
        expect(asked(atRegistry)).toEqual([]);
      });

      it('so does one who checks every layer', async () => {
        await succeeds(owner.dct(['verify', '--deep', `${gun}:1.0`]));
        expect(asked(atNotary)).toEqual([['nora', `repository:${gun}:pull`]]);
        expect(asked(atRegistry)).toEqual([['rita', ofRegistry]]);
      });

      it('a signer asks for pull to read, and for push to publish', async () => {
        const { digest } = image;
        await succeeds(owner.dct(['sign', `${gun}:1.1`, '--digest', digest]));
        expect(asked(atNotary)).toEqual([
          ['nora', `repository:${gun}:pull`],
          ['nora', `repository:${gun}:push,pull`],
        ]);
        expect(asked(atRegistry)).toEqual([['rita', ofRegistry]]);
      });

      it('a rotation of a key that the server holds needs everything', async () => {
        await succeeds(owner.dct(['key', 'rotate', gun, 'timestamp', '-y']));
        expect(asked(atNotary)).toEqual([
          ['nora', `repository:${gun}:pull`],
          ['nora', `repository:${gun}:*`],
          ['nora', `repository:${gun}:push,pull`],
        ]);
        await succeeds(owner.dct(['verify', `${gun}:1.0`]));
      });
    });

    describe('docker/for-linux#804: two servers, two accounts', () => {
      it('neither sees the password of the other', async () => {
        await succeeds(owner.dct(['verify', '--deep', `${gun}:1.0`]));
        const { auth: ofRita } = basic('rita', passwords.registry);
        const { auth: ofNora } = basic('nora', passwords.notary);
        expect(new Set(atRegistry.authorizations)).toEqual(new Set([`Basic ${ofRita}`]));
        expect(new Set(atNotary.authorizations)).toEqual(new Set([`Basic ${ofNora}`]));
      });

      it('the account of the registry is not offered to the Notary server', async () => {
        const user = await userWith({ registry: basic('rita', passwords.registry) });
        await cp(owner.trustDirectory, user.trustDirectory, { recursive: true });
        await succeeds(user.dct(['resolve', `${gun}:1.0`]));
        expect(asked(atNotary)).toEqual([[undefined, `repository:${gun}:pull`]]);
        const refusal = await refusalOf(user, ['sign', `${gun}:2.0`, '--digest', image.digest]);
        expect(refusal).toMatchObject({ exit: 4, code: 'ACCESS_DENIED' });
        expect(refusal.cause).toContain('anonymous users');
      });

      it('an identity token is exchanged', async () => {
        const user = await userWith({ notary: { ...basic('nora', 'stale'), identitytoken: identity } });
        await succeeds(user.dct(['resolve', `${gun}:1.0`]));
        expect(atNotary.requests).toEqual([
          { method: 'POST', scope: `repository:${gun}:pull`, user: 'nora', status: 200 },
        ]);
      });

      it('a credential helper is asked for the server, port and all', async () => {
        const user = await userWith({});
        const programs = join(user.home, 'bin');
        await mkdir(programs);
        const helper = join(programs, 'docker-credential-tests');
        const answer = JSON.stringify({ Username: 'nora', Secret: passwords.notary });
        await writeFile(
          helper,
          `#!/bin/sh\nread server\n[ "$server" = ${notary.host} ] && echo '${answer}'\n`,
        );
        await chmod(helper, 0o755);
        const config = { credHelpers: { [notary.host]: 'tests' } };
        await writeFile(join(user.dockerConfig, 'config.json'), JSON.stringify(config));
        const PATH = `${programs}:${process.env['PATH'] ?? ''}`;
        await succeeds(user.dct(['resolve', `${gun}:1.0`], { env: { PATH } }));
        expect(asked(atNotary)).toEqual([['nora', `repository:${gun}:pull`]]);
      });

      it('NOTARY_AUTH is for the Notary server alone, and is not shown', async () => {
        const user = await userWith({ registry: basic('rita', passwords.registry) });
        // As `echo nora:password | base64` makes it.
        const NOTARY_AUTH = Buffer.from(`nora:${passwords.notary}\n`).toString('base64');
        const env = { NOTARY_AUTH };
        const { stdout, stderr } = await succeeds(
          user.dct(['verify', '--deep', '--verbose', `${gun}:1.0`], { env }),
        );
        expect(asked(atNotary)).toEqual([['nora', `repository:${gun}:pull`]]);
        expect(new Set(atRegistry.requests.map(({ user }) => user))).toEqual(new Set(['rita']));
        for (const secret of [NOTARY_AUTH, passwords.notary, 'Bearer', 'eyJ'])
          expect(stdout + stderr).not.toContain(secret);
      });
    });

    describe('refusals', () => {
      it('a wrong password at the Notary server', async () => {
        const user = await userWith({ notary: basic('nora', 'wrong secret') });
        const refusal = await refusalOf(user, ['resolve', `${gun}:1.0`]);
        expect(refusal).toMatchObject({ exit: 4, code: 'ACCESS_DENIED' });
        expect(refusal.cause).toContain('user "nora"');
        expect(refusal.cause).not.toContain('wrong secret');
      });

      it('a wrong password at the registry', async () => {
        const user = await userWith({ registry: basic('rita', 'wrong secret') });
        const refusal = await refusalOf(user, ['sign', `${gun}:1.0`]);
        expect(refusal).toMatchObject({ exit: 5, code: 'REGISTRY_DENIED' });
        expect(refusal.cause).toContain('user "rita"');
        expect(refusal.cause).not.toContain('wrong secret');
      });

      it('AU-05 an account that may read and not publish: asked once, and told who was refused', async () => {
        const user = await userWith({
          registry: basic('rita', passwords.registry),
          notary: basic('reader', passwords.notary),
        });
        await cp(owner.trustDirectory, user.trustDirectory, { recursive: true });
        await succeeds(user.dct(['verify', `${gun}:1.0`]));
        atNotary.requests.length = 0;
        const { code, stderr } = await user.dct(['key', 'rotate', gun, 'timestamp', '-y', '--json']);
        expect({ code, stderr }).toMatchObject({
          code: 4,
          stderr: expect.stringContaining('ACCESS_DENIED') as string,
        });
        expect(asked(atNotary).filter(([, scope]) => scope?.endsWith(':*'))).toHaveLength(1);
      });
    });

    describe('AU-01 a token server on another host', () => {
      let elsewhere: NotaryServer;
      beforeAll(async () => {
        const started = await startNotaryServer(stage.directory, stage.authority, {
          tokens: atNotary.settings,
        });
        const host = `127.0.0.1:${started.port}`;
        elsewhere = { ...started, host, url: `https://${host}` };
      });
      afterAll(() => elsewhere.stop());
      const account = basic('nora', passwords.notary);

      it('gets no password', async () => {
        const user = await userWith({ notary: account }, {}, elsewhere);
        expect(await refusalOf(user, ['resolve', `${gun}:1.0`])).toMatchObject({
          exit: 3,
          code: 'NO_TRUST_DATA',
        });
        expect(new Set(atNotary.authorizations)).toEqual(new Set(['']));
      });

      it('gets it when the configuration names it for the Notary server', async () => {
        const user = await userWith({ notary: account }, { notaryRealm: atNotary.host }, elsewhere);
        await refusalOf(user, ['resolve', `${gun}:1.0`]);
        expect(new Set(asked(atNotary).map(([user]) => user))).toEqual(new Set(['nora']));
      });

      it('does not get it when the configuration names it for the registry', async () => {
        const user = await userWith({ notary: account }, { realm: atNotary.host }, elsewhere);
        await refusalOf(user, ['resolve', `${gun}:1.0`]);
        expect(new Set(atNotary.authorizations)).toEqual(new Set(['']));
      });
    });

    describe('pulls through the proxy', () => {
      it('AU-06 need one token, and one more when the registry does not accept it any longer', async () => {
        const proxy = await owner.startProxy(['--registry', registry.host, '--tofu', '--refresh', '0']);
        const pull = (to: string) =>
          succeeds(
            owner.skopeo([
              ...['copy', '--src-tls-verify=false', `docker://${proxy.host}/team/app:1.0`],
              `dir:${join(owner.home, to)}`,
            ]),
          );
        try {
          await pull('first');
          await pull('second');
          expect(asked(atRegistry)).toEqual([['rita', 'repository:team/app:pull']]);
          await atRegistry.changeKey();
          await registry.restart();
          await pull('third');
          expect(asked(atRegistry)).toEqual(Array(2).fill(['rita', 'repository:team/app:pull']));
          expect(proxy.log()).not.toContain(passwords.registry);
        } finally {
          await proxy.stop();
        }
      });
    });
  },
);
