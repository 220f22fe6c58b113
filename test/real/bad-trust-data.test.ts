// Trust data that must not be believed, sent by somebody with a valid certificate: exit 3, and no file is touched.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { succeeds, type User } from '../support/real/clients.ts';
import { buildImage, type Image, pushImage } from '../support/real/image.ts';
import { refusalOf } from '../support/real/refusal.ts';
import { describeReal } from '../support/real/requirement.ts';
import { shiftedClock } from '../support/real/shifted-clock.ts';
import { useStage } from '../support/real/use-stage.ts';
import {
  type Behaviour,
  type Gateway,
  type GatewayResponse,
  honest,
  startGateway,
} from '../support/real/trust-server-gateway.ts';

describeReal(['notary-server', 'docker-registry', 'openssl'], 'trust data that must not be believed', () => {
  const stage = useStage();
  let gateway: Gateway;
  /** Signed the tag 1.0. */
  let owner: User;
  /** Has verified trust data in the cache, which must not be used in place of a refused answer. */
  let known: User;
  /** Has never seen the repository. */
  let stranger: User;
  let repository: string;
  let image: Image;

  beforeAll(async () => {
    gateway = await startGateway(stage.authority, stage.notary);
    [owner, known, stranger] = [
      await stage.user(gateway),
      await stage.user(gateway),
      await stage.user(gateway),
    ];
    ({ repository, image } = await begin());
  });
  afterEach(() => {
    gateway.behave(honest);
  });
  afterAll(() => gateway.close());

  /** A repository whose tag 1.0 the owner signed and somebody else knows. */
  async function begin(): Promise<{ repository: string; image: Image }> {
    const name = stage.newRepository();
    const signed = await pushAndSign(name);
    await succeeds(known.dct(['resolve', `${name}:1.0`]));
    return { repository: name, image: signed };
  }

  async function pushAndSign(name: string): Promise<Image> {
    const pushed = buildImage();
    await pushImage(stage.registry.url, stage.pathOf(name), pushed, '1.0');
    await succeeds(owner.dct(['sign', `${name}:1.0`]));
    return pushed;
  }

  /** Answers requests whose path ends in `suffix` in the server's place. */
  function replacing(suffix: string, replacement: (genuine: GatewayResponse) => GatewayResponse): Behaviour {
    return async (request, forward) => {
      const genuine = await forward();
      const [path = ''] = request.path.split('?');
      return request.method === 'GET' && path.endsWith(suffix) ? replacement(genuine) : genuine;
    };
  }

  const answer = (status: number, body: string | Buffer, contentType = 'text/plain'): GatewayResponse => ({
    status,
    contentType,
    body: Buffer.from(body),
  });
  const html = '<!DOCTYPE html><title>Sign in</title>';

  it.each([
    {
      what: 'a web page instead of the timestamp',
      behaviour: replacing('/timestamp.json', () => answer(200, html, 'text/html')),
    },
    {
      what: 'a web page that claims to be text',
      behaviour: replacing('/timestamp.json', () => answer(200, html)),
    },
    { what: 'an empty timestamp', behaviour: replacing('/timestamp.json', () => answer(200, '')) },
    {
      what: 'a timestamp cut in half',
      behaviour: replacing('/timestamp.json', ({ body }) => answer(200, body.subarray(0, body.length / 2))),
    },
    {
      what: 'a timestamp that is valid JSON and nothing else',
      behaviour: replacing('/timestamp.json', () => answer(200, '{}')),
    },
    {
      what: 'a timestamp with other content under the old signature',
      behaviour: replacing('/timestamp.json', ({ body }) =>
        answer(200, body.toString().replace(/"version":\d+/u, '"version":9')),
      ),
    },
    {
      what: 'a timestamp with the same key twice',
      behaviour: replacing('/timestamp.json', ({ body }) =>
        answer(200, body.toString().replace('"signed":', '"signed":{"version":99},"signed":')),
      ),
    },
    {
      what: 'a timestamp larger than 1 MiB',
      behaviour: replacing('/timestamp.json', ({ body }) =>
        answer(200, body.toString().padEnd(1024 * 1024 + 1)),
      ),
    },
    { what: 'a redirect', behaviour: replacing('/timestamp.json', () => answer(302, '')) },
  ])('$what', async ({ behaviour }) => {
    gateway.behave(behaviour);
    const refusals = await Promise.all([
      refusalOf(known, ['resolve', `${repository}:1.0`]),
      refusalOf(stranger, ['resolve', `${repository}:1.0`]),
      refusalOf(owner, ['sign', `${repository}:1.0`]),
    ]);
    for (const { exit, cause } of refusals) expect(exit, cause).toBe(3);

    gateway.behave(honest);
    const resolved = await succeeds(known.dct(['resolve', `${repository}:1.0`]));
    expect(resolved.stdout).toBe(`${repository}@${image.digest}\n`);
  });

  it.each(['root', 'snapshot', 'targets'])(
    '%s metadata that is not JSON, for somebody without a cache',
    async (role) => {
      gateway.behave(async (request, forward) =>
        new RegExp(`/_trust/tuf/(?:\\d+\\.)?${role}\\.(?:[0-9a-f]{64}\\.)?json`, 'u').test(request.path)
          ? answer(200, 'not metadata')
          : await forward(),
      );
      const refusal = await refusalOf(stranger, ['resolve', `${repository}:1.0`]);
      expect(refusal.exit, refusal.cause).toBe(3);
    },
  );

  it.each([
    { what: 'with a warm cache', forget: false },
    { what: 'even when the cache is gone', forget: true },
  ])('a timestamp that was rolled back is refused $what', async ({ forget }) => {
    const { repository: name } = await begin();
    let old: GatewayResponse | undefined;
    gateway.behave(replacing('/timestamp.json', (genuine) => (old = genuine)));
    await succeeds(known.dct(['resolve', `${name}:1.0`]));
    gateway.behave(honest);
    await pushAndSign(name);
    await succeeds(known.dct(['resolve', `${name}:1.0`]));
    if (forget) await rm(join(known.trustDirectory, 'tuf', name), { recursive: true });

    gateway.behave(replacing('/timestamp.json', (genuine) => old ?? genuine));
    const rollback = { exit: 3, code: 'ROLLBACK' };
    expect(await refusalOf(known, ['resolve', `${name}:1.0`])).toMatchObject(rollback);
    expect(await refusalOf(owner, ['sign', `${name}:1.0`])).toMatchObject(rollback);
  });

  it('trust data that has expired is refused, fresh from the server and from the cache', async () => {
    const later = { env: await shiftedClock(stage.directory, 20) };
    const expired = { exit: 3, code: 'EXPIRED' };
    for (const user of [known, stranger]) {
      expect(await refusalOf(user, ['resolve', `${repository}:1.0`], later)).toMatchObject(expired);
    }
    gateway.behave(() => Promise.resolve(undefined));
    expect(await refusalOf(known, ['resolve', `${repository}:1.0`], later)).toMatchObject(expired);
  });

  it('a timestamp signed with the key of another repository', async () => {
    const other = stage.newRepository();
    // As many publications as it takes to be newer than what everybody knows.
    for (let publication = 0; publication < 4; publication += 1) await pushAndSign(other);
    gateway.behave(async (request, forward) =>
      request.path.endsWith('/timestamp.json') ? forward(request.path.replace(repository, other)) : forward(),
    );
    for (const user of [known, stranger]) {
      expect(await refusalOf(user, ['resolve', `${repository}:1.0`])).toMatchObject({
        exit: 3,
        code: 'THRESHOLD',
      });
    }
  });

  it('a root certificate issued for another repository', async () => {
    const victim = stage.newRepository();
    await pushImage(stage.registry.url, stage.pathOf(victim), buildImage(), '1.0');
    gateway.behave((request, forward) => forward(request.path.replace(victim, repository)));
    const refusal = await refusalOf(stranger, ['resolve', `${victim}:1.0`]);
    expect(refusal).toMatchObject({ exit: 3, code: 'CERTIFICATE_NAME' });
  });

  it.each([
    { what: 'an internal error', status: 500, code: 'SERVER_ERROR' },
    { what: 'a bad gateway', status: 502, code: 'SERVER_ERROR' },
    { what: 'a locked door', status: 403, code: 'ACCESS_DENIED' },
  ])('$what of the server is no answer', async ({ status, code }) => {
    gateway.behave(() => Promise.resolve(answer(status, html, 'text/html')));
    expect(await refusalOf(stranger, ['resolve', `${repository}:1.0`])).toMatchObject({ exit: 4, code });
  });

  it('a TLS certificate for another name', async () => {
    const certificate = await stage.authority.issue('DNS:other.example');
    const impostor = await startGateway(stage.authority, stage.notary, certificate);
    try {
      const user = await stage.user(impostor);
      for (const args of [
        ['resolve', `${repository}:1.0`],
        ['sign', `${repository}:1.0`],
      ]) {
        expect(await refusalOf(user, args)).toMatchObject({ exit: 4, code: 'TLS' });
      }
    } finally {
      await impostor.close();
    }
  });

  it('a TLS certificate of an unknown authority, on a loopback address too', async () => {
    const user = await stage.user(gateway);
    await rm(join(user.dockerConfig, 'tls'), { recursive: true });
    expect(await refusalOf(user, ['resolve', `${repository}:1.0`])).toMatchObject({ exit: 4, code: 'TLS' });
  });
});
