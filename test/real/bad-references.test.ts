// References and registry contents that cannot be signed or resolved: the right exit status, nothing written.
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeAll, expect, it } from 'vitest';
import { succeeds, type User } from '../support/real/clients.ts';
import { buildImage, pushImage } from '../support/real/image.ts';
import { refusalOf } from '../support/real/refusal.ts';
import { describeReal } from '../support/real/requirement.ts';
import { useStage } from '../support/real/use-stage.ts';

const manifestLimit = 4 * 1024 * 1024;

describeReal(['notary-server', 'docker-registry', 'openssl'], 'references that cannot be used', () => {
  const stage = useStage();
  let owner: User;
  let repository: string;

  beforeAll(async () => {
    owner = await stage.user();
    repository = stage.newRepository();
    await pushImage(stage.registry.url, stage.pathOf(repository), buildImage(), '1.0');
    await succeeds(owner.dct(['sign', `${repository}:1.0`]));
  });

  const digest = `sha256:${'0'.repeat(64)}`;
  it.each([
    { reference: '', command: 'sign' },
    { reference: 'localhost:5000/Team/App:1.0', command: 'sign' },
    { reference: 'localhost:5000/team/app:1.0:2.0', command: 'sign' },
    { reference: 'localhost:5000/team//app:1.0', command: 'sign' },
    { reference: 'localhost:5000/../app:1.0', command: 'sign' },
    { reference: 'localhost:5000/team/app:', command: 'sign' },
    { reference: 'localhost:5000/team/app', command: 'sign' },
    { reference: `localhost:5000/team/app:${'t'.repeat(129)}`, command: 'sign' },
    { reference: `localhost:5000/team/app@${digest}`, command: 'sign' },
    { reference: 'localhost:5000/team/app@sha256:abc', command: 'resolve' },
    { reference: 'localhost:5000/team/app:1 0', command: 'resolve' },
    { reference: 'localhost:99999/team/app:1.0', command: 'resolve' },
    { reference: 'https://localhost:5000/team/app:1.0', command: 'resolve' },
    { reference: '-', command: 'verify' },
    { reference: 'localhost:5000/team/app\u202e:1.0', command: 'list' },
  ])('$command "$reference" is a usage error', async ({ command, reference }) => {
    const refusal = await refusalOf(owner, [command, reference]);
    expect(refusal.exit, refusal.cause).toBe(2);
  });

  it.each([
    { what: 'an unknown command', args: ['frobnicate'] },
    { what: 'an unknown flag', args: ['resolve', 'localhost:5000/team/app:1.0', '--frobnicate'] },
    { what: 'no image', args: ['sign'] },
    {
      what: 'a digest that is none',
      args: ['sign', 'localhost:5000/team/app:1.0', '--digest', 'sha256:abc'],
    },
    {
      what: 'a trust server without TLS',
      args: ['resolve', 'localhost:5000/team/app:1.0', '--server', 'http://localhost:4443'],
    },
  ])('$what is a usage error', async ({ args }) => {
    const refusal = await refusalOf(owner, args);
    expect(refusal.exit, refusal.cause).toBe(2);
  });

  it('a tag that the registry does not have', async () => {
    const refusal = await refusalOf(owner, ['sign', `${repository}:absent`]);
    expect(refusal).toMatchObject({ exit: 5, code: 'MANIFEST_UNKNOWN' });
    expect(refusal.cause).toContain(`${repository}:absent`);
  });

  it('a repository that the registry does not have', async () => {
    expect(await refusalOf(owner, ['sign', `${stage.newRepository()}:1.0`])).toMatchObject({ exit: 5 });
  });

  it('a digest that the registry does not have', async () => {
    expect(await refusalOf(owner, ['sign', `${repository}:1.0`, '--digest', digest])).toMatchObject({
      exit: 5,
    });
  });

  it('a tag that nobody signed', async () => {
    await pushImage(stage.registry.url, stage.pathOf(repository), buildImage(), 'unsigned');
    for (const command of ['resolve', 'verify']) {
      const refusal = await refusalOf(owner, [command, `${repository}:unsigned`]);
      expect(refusal).toMatchObject({ exit: 3, code: 'NOT_SIGNED' });
      expect(refusal.cause).toContain(`${repository}:unsigned`);
    }
  });

  it('a repository without trust data', async () => {
    const stranger = await stage.user();
    for (const command of ['resolve', 'verify']) {
      const refusal = await refusalOf(stranger, [command, `${stage.newRepository()}:1.0`]);
      expect(refusal).toMatchObject({ exit: 3, code: 'NO_TRUST_DATA' });
    }
  });

  it('a manifest that is another than its digest says', async () => {
    const image = buildImage();
    await pushImage(stage.registry.url, stage.pathOf(repository), image, 'altered');
    await writeFile(stage.registry.blobFile(image.digest), `${Buffer.from(image.bytes).toString()}\n`);
    const refusal = await refusalOf(owner, ['sign', `${repository}:altered`, '--digest', image.digest]);
    expect(refusal).toMatchObject({ exit: 3, code: 'CONTENT_MISMATCH' });
  });

  it.each([
    { what: 'announces its length', headers: { 'content-length': manifestLimit + 1 } },
    { what: 'does not say where it ends', headers: {} },
  ])('a manifest larger than 4 MiB that $what', async ({ headers }) => {
    // docker-registry cannot be brought to serve one.
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/vnd.oci.image.manifest.v1+json', ...headers });
      response.end(Buffer.alloc(manifestLimit + 1, ' '));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const refusal = await refusalOf(owner, ['sign', `localhost:${port}/team/app:large`]);
      expect(refusal).toMatchObject({ exit: 3, code: 'LIMIT' });
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
