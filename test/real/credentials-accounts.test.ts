// Separate accounts at the registry and at the Notary server: which of them goes where, and that nothing else gets to see one.
import { chmod, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { passphrases, succeeds } from '../support/real/clients.ts';
import { type NotaryServer, startNotaryServer } from '../support/real/notary-server.ts';
import { refusalOf } from '../support/real/refusal.ts';
import { describeReal } from '../support/real/requirement.ts';
import { asked, basic, identity, passwords, useTokenStage } from '../support/real/token-stage.ts';

describeReal(
  ['notary-server', 'docker-registry', 'openssl'],
  'two accounts, at the registry and at the Notary server',
  () => {
    const on = useTokenStage();

    describe('docker/for-linux#804: two servers, two accounts', () => {
      it('neither sees the password of the other', async () => {
        await succeeds(on.owner.dct(['verify', '--deep', `${on.gun}:1.0`]));
        const { auth: ofRita } = basic('rita', passwords.registry);
        const { auth: ofNora } = basic('nora', passwords.notary);
        expect(new Set(on.atRegistry.authorizations)).toEqual(new Set([`Basic ${ofRita}`]));
        expect(new Set(on.atNotary.authorizations)).toEqual(new Set([`Basic ${ofNora}`]));
      });

      it('the account of the registry is not offered to the Notary server (P-28)', async () => {
        const user = await on.userWith({ registry: basic('rita', passwords.registry) });
        await cp(on.owner.trustDirectory, user.trustDirectory, { recursive: true });
        await succeeds(user.dct(['resolve', `${on.gun}:1.0`]));
        expect(asked(on.atNotary)).toEqual([[undefined, `repository:${on.gun}:pull`]]);
        const refusal = await refusalOf(user, ['sign', `${on.gun}:2.0`, '--digest', on.image.digest]);
        expect(refusal).toMatchObject({ exit: 4, code: 'ACCESS_DENIED' });
        expect(refusal.cause).toContain('anonymous users');
      });

      it('an identity token is exchanged', async () => {
        const user = await on.userWith({ notary: { ...basic('nora', 'stale'), identitytoken: identity } });
        await succeeds(user.dct(['resolve', `${on.gun}:1.0`]));
        expect(on.atNotary.requests).toEqual([
          { method: 'POST', scope: `repository:${on.gun}:pull`, user: 'nora', status: 200 },
        ]);
      });

      it('a credential helper is asked for the server, port and all', async () => {
        const user = await on.userWith({});
        const programs = join(user.home, 'bin');
        await mkdir(programs);
        const helper = join(programs, 'docker-credential-tests');
        const answer = JSON.stringify({ Username: 'nora', Secret: passwords.notary });
        await writeFile(
          helper,
          `#!/bin/sh\nread server\n[ "$server" = ${on.notary.host} ] && echo '${answer}'\n`,
        );
        await chmod(helper, 0o755);
        const config = { credHelpers: { [on.notary.host]: 'tests' } };
        await writeFile(join(user.dockerConfig, 'config.json'), JSON.stringify(config));
        const PATH = `${programs}:${process.env['PATH'] ?? ''}`;
        await succeeds(user.dct(['resolve', `${on.gun}:1.0`], { env: { PATH } }));
        expect(asked(on.atNotary)).toEqual([['nora', `repository:${on.gun}:pull`]]);
      });

      it('NOTARY_AUTH is for the Notary server alone, and is not shown', async () => {
        const user = await on.userWith({ registry: basic('rita', passwords.registry) });
        // As `echo nora:password | base64` makes it.
        const NOTARY_AUTH = Buffer.from(`nora:${passwords.notary}\n`).toString('base64');
        const env = { NOTARY_AUTH };
        const { stdout, stderr } = await succeeds(
          user.dct(['verify', '--deep', '--verbose', `${on.gun}:1.0`], { env }),
        );
        expect(asked(on.atNotary)).toEqual([['nora', `repository:${on.gun}:pull`]]);
        expect(new Set(on.atRegistry.requests.map(({ user }) => user))).toEqual(new Set(['rita']));
        for (const secret of [NOTARY_AUTH, passwords.notary, 'Bearer', 'eyJ'])
          expect(stdout + stderr).not.toContain(secret);
      });
    });

    it('KS-10: while dct works, no secret is in the arguments of any process, and none stays behind', async () => {
      const user = await on.userWith({});
      const programs = join(user.home, 'bin');
      const temporary = join(user.home, 'tmp');
      await Promise.all([programs, temporary].map((directory) => mkdir(directory)));
      const answer = JSON.stringify({ Username: 'nora', Secret: passwords.notary });
      // It runs in the middle of the command, and sees what every other user of the machine could see.
      const helper = `#!/bin/sh
read server
cat /proc/$$/cmdline /proc/$PPID/cmdline >> "$HOME/seen"
ls -R "$TMPDIR" >> "$HOME/seen"
echo '${answer}'
`;
      await writeFile(join(programs, 'docker-credential-tests'), helper, { mode: 0o755 });
      const auths = { [on.registry.host]: basic('rita', passwords.registry) };
      const config = { auths, credHelpers: { [on.notary.host]: 'tests' } };
      await writeFile(join(user.dockerConfig, 'config.json'), JSON.stringify(config));
      await cp(on.owner.trustDirectory, user.trustDirectory, { recursive: true });
      const env = { PATH: `${programs}:${process.env['PATH'] ?? ''}`, TMPDIR: temporary };
      const sign = ['sign', `${on.gun}:1.0`, '--digest', on.image.digest, '--verbose'];
      const { stdout, stderr } = await succeeds(user.dct(sign, { env }));
      const seen = await readFile(join(user.home, 'seen'), 'utf8');
      expect(seen).toContain('dct.js');
      expect(seen).toContain('docker-credential-tests');
      expect(await readdir(temporary)).toEqual([]);
      const kept = await readdir(user.home, { recursive: true, withFileTypes: true });
      const files = kept.filter((entry) => entry.isFile() && !entry.name.startsWith('docker-credential-'));
      const contents = await Promise.all(
        files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')),
      );
      for (const secret of [
        passwords.notary,
        basic('nora', passwords.notary).auth,
        ...Object.values(passphrases),
      ])
        expect([seen, stdout, stderr, ...contents].filter((text) => text.includes(secret))).toEqual([]);
    });

    describe('AU-01 a token server on another host', () => {
      let elsewhere: NotaryServer;
      beforeAll(async () => {
        const started = await startNotaryServer(on.stage.directory, on.stage.authority, {
          tokens: on.atNotary.settings,
        });
        const host = `127.0.0.1:${started.port}`;
        elsewhere = { ...started, host, url: `https://${host}` };
      });
      afterAll(() => elsewhere.stop());
      const account = basic('nora', passwords.notary);

      it('gets no password', async () => {
        const user = await on.userWith({ notary: account }, {}, elsewhere);
        expect(await refusalOf(user, ['resolve', `${on.gun}:1.0`])).toMatchObject({
          exit: 3,
          code: 'NO_TRUST_DATA',
        });
        expect(new Set(on.atNotary.authorizations)).toEqual(new Set(['']));
      });

      it('gets it when the configuration names it for the Notary server', async () => {
        const user = await on.userWith({ notary: account }, { notaryRealm: on.atNotary.host }, elsewhere);
        await refusalOf(user, ['resolve', `${on.gun}:1.0`]);
        expect(new Set(asked(on.atNotary).map(([user]) => user))).toEqual(new Set(['nora']));
      });

      it('does not get it when the configuration names it for the registry', async () => {
        const user = await on.userWith({ notary: account }, { realm: on.atNotary.host }, elsewhere);
        await refusalOf(user, ['resolve', `${on.gun}:1.0`]);
        expect(new Set(on.atNotary.authorizations)).toEqual(new Set(['']));
      });
    });
  },
);
