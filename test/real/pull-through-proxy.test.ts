// Real pulls through `dct proxy`: a tag yields what was signed, or nothing.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Proxy, succeeds, type User } from '../support/real/clients.ts';
import { buildImage, buildIndex, type Image, pushImage } from '../support/real/image.ts';
import { type Outcome, until } from '../support/real/programs.ts';
import { rawGet } from '../support/real/raw-http.ts';
import { describeReal } from '../support/real/requirement.ts';
import { useStage } from '../support/real/use-stage.ts';

describeReal(
  ['notary-server', 'docker-registry', 'skopeo', 'openssl'],
  'DP-05: pull through the proxy with skopeo',
  () => {
    const stage = useStage();
    let owner: User;
    let puller: User;
    let proxy: Proxy;
    let repository: string;

    beforeAll(async () => {
      [owner, puller] = [await stage.user(), await stage.user()];
      proxy = await puller.startProxy(['--registry', stage.registry.host, '--tofu', '--refresh', '0']);
    });
    afterAll(() => proxy.stop());
    beforeEach(() => {
      repository = stage.newRepository();
    });

    async function push(tag: string, image: Image = buildImage()): Promise<Image> {
      await pushImage(stage.registry.url, stage.pathOf(repository), image, tag);
      return image;
    }

    async function pushSigned(tag: string, image?: Image): Promise<Image> {
      const pushed = await push(tag, image);
      await succeeds(owner.dct(['sign', `${repository}:${tag}`]));
      return pushed;
    }

    const copied = (): string => join(puller.home, basename(repository));

    /** `reference` is `:TAG` or `@DIGEST`. */
    function copy(reference: string, ...flags: readonly string[]): Promise<Outcome> {
      const source = `docker://${proxy.host}/${stage.pathOf(repository)}${reference}`;
      return puller.skopeo(['copy', '--src-tls-verify=false', ...flags, source, `dir:${copied()}`]);
    }

    async function copiedDigest(): Promise<string> {
      const manifest = await readFile(join(copied(), 'manifest.json'));
      return `sha256:${createHash('sha256').update(manifest).digest('hex')}`;
    }

    const manifestPath = (reference: string): string =>
      `/v2/${stage.pathOf(repository)}/manifests/${reference}`;

    it.each(['oci', 'docker'] as const)('a signed %s image comes by tag', async (format) => {
      const image = await pushSigned('1.0', buildImage({ format }));
      await succeeds(copy(':1.0'));
      expect(await copiedDigest()).toBe(image.digest);
    });

    it.each(['oci', 'docker'] as const)(
      'a signed %s index comes by tag, with every image of it',
      async (format) => {
        const index = await pushSigned('all', buildIndex(format));
        await succeeds(copy(':all', '--all'));
        expect(await copiedDigest()).toBe(index.digest);
      },
    );

    it('a tag that was moved after signing still yields the signed digest', async () => {
      const signed = await pushSigned('1.0');
      await push('1.0');
      await succeeds(copy(':1.0'));
      expect(await copiedDigest()).toBe(signed.digest);
    });

    it('a tag that was signed again yields the new digest once the trust data is refreshed', async () => {
      await pushSigned('1.0');
      await succeeds(copy(':1.0'));
      const second = await pushSigned('1.0');
      await succeeds(copy(':1.0'));
      expect(await copiedDigest()).toBe(second.digest);
    });

    it('an unsigned tag is refused by name, and the registry is not asked (P-25)', async () => {
      await pushSigned('signed');
      await push('unsigned');
      const asked = stage.registry.accessLog().length;

      const response = await rawGet(proxy.host, manifestPath('unsigned'));
      expect(response).toMatchObject({ status: 403, complete: true });
      const { errors } = JSON.parse(response.body.toString()) as {
        errors: { code: string; message: string }[];
      };
      expect(errors).toMatchObject([{ code: 'DENIED' }]);
      expect(errors[0]?.message).toContain(`${repository}:unsigned`);
      expect((await copy(':unsigned')).code).not.toBe(0);
      expect(stage.registry.accessLog().slice(asked)).toEqual([]);
    });

    it('a repository without trust data is refused', async () => {
      await push('1.0');
      expect(await rawGet(proxy.host, manifestPath('1.0'))).toMatchObject({ status: 403, complete: true });
      expect((await copy(':1.0')).code).not.toBe(0);
    });

    it('a pull by digest passes, signed or not', async () => {
      const image = await push('unsigned');
      await succeeds(copy(`@${image.digest}`));
      expect(await copiedDigest()).toBe(image.digest);
    });

    it('the registry is asked by digest only', async () => {
      const image = await pushSigned('1.0');
      const asked = stage.registry.accessLog().length;
      await succeeds(copy(':1.0'));
      const paths = stage.registry
        .accessLog()
        .slice(asked)
        .map(({ path }) => path);
      expect(paths).toContain(manifestPath(image.digest));
      expect(
        paths.filter((path) => path.includes('/manifests/') && !path.includes('/manifests/sha256:')),
      ).toEqual([]);
    });

    it('HEAD tells what GET delivers', async () => {
      const image = await pushSigned('1.0');
      const expected = {
        'content-length': String(image.size),
        'content-type': image.mediaType,
        'docker-content-digest': image.digest,
      };
      for (const method of ['GET', 'HEAD']) {
        const response = await fetch(`${proxy.url}${manifestPath('1.0')}`, { method });
        expect({ status: response.status, ...Object.fromEntries(response.headers) }, method).toMatchObject({
          status: 200,
          ...expected,
        });
      }
    });

    it('the list of tags has signed tags only', async () => {
      await pushSigned('1.0');
      await push('0.9');
      await pushSigned('1.1');
      const response = await fetch(`${proxy.url}/v2/${stage.pathOf(repository)}/tags/list`);
      expect(await response.json()).toEqual({ name: stage.pathOf(repository), tags: ['1.0', '1.1'] });
    });

    it.each([
      { method: 'PUT', path: 'manifests/1.0' },
      { method: 'DELETE', path: 'manifests/1.0' },
      { method: 'POST', path: 'blobs/uploads/' },
      { method: 'PATCH', path: 'blobs/uploads/1' },
    ])('$method $path is not allowed', async ({ method, path }) => {
      const asked = stage.registry.accessLog().length;
      const response = await fetch(`${proxy.url}/v2/${stage.pathOf(repository)}/${path}`, { method });
      expect(response.status).toBe(405);
      expect(stage.registry.accessLog().slice(asked)).toEqual([]);
    });

    it('what is no registry path is not found, and not passed on', async () => {
      const asked = stage.registry.accessLog().length;
      for (const path of [
        '/',
        '/v1/',
        '/v2/_catalog',
        '/metrics',
        `/v2/${stage.pathOf(repository)}/other/1.0`,
      ]) {
        expect(await rawGet(proxy.host, path), path).toMatchObject({ status: 404 });
      }
      expect(stage.registry.accessLog().slice(asked)).toEqual([]);
      expect(await rawGet(proxy.host, '/v2/')).toMatchObject({ status: 200 });
    });

    it('without --tofu, a repository is refused until this machine trusts it', async () => {
      const image = await pushSigned('1.0');
      const visitor = await stage.user();
      const strict = await visitor.startProxy(['--registry', stage.registry.host]);
      try {
        expect(await rawGet(strict.host, manifestPath('1.0'))).toMatchObject({ status: 403 });
        await succeeds(visitor.dct(['verify', repository]));
        // The proxy repeats a refusal for a while before it looks again.
        let digest: string | undefined;
        await until(async () => {
          const response = await rawGet(strict.host, manifestPath('1.0'));
          digest = response.headers.get('docker-content-digest');
          return response.status === 200;
        }, 'the proxy to look again');
        expect(digest).toBe(image.digest);
      } finally {
        await strict.stop();
      }
    });
  },
);
