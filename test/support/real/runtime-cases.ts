// What every runtime behind the proxy has to do: pull what was signed, nothing else by tag, and ask nobody but the proxy.
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { succeeds, type User } from './clients.ts';
import { tarLayer } from './image-files.ts';
import { buildImage, buildIndex, pushImage, type BlobSource, type Image } from './image.ts';
import type { Outcome } from './programs.ts';
import type { Stage } from './stage.ts';

export interface RuntimeCase {
  readonly stage: Stage;
  /** Signs; set before the first test runs. */
  readonly owner: () => User;
  /** The registry as it stands in image names. */
  readonly host: () => string;
  /** `HOST/NAME:TAG` or `HOST/NAME@DIGEST`. */
  readonly pull: (reference: string) => Promise<Outcome>;
  /** Every digest that the runtime has for it, anywhere in a text; undefined when it is not there. */
  readonly find: (reference: string) => Promise<string | undefined>;
  /** Takes it away, so that the next pull asks again. */
  readonly forget: (reference: string) => Promise<unknown>;
}

export interface Pushed {
  /** `HOST/NAME` */
  readonly name: string;
  readonly image: Image;
  readonly layer: BlobSource;
}

/** Pushes an image of its own, which engines can unpack, as `TAG` of a new repository. */
export async function pushUnpackable(
  { stage, host }: Pick<RuntimeCase, 'stage' | 'host'>,
  tag: string,
  index = false,
): Promise<Pushed> {
  const repository = stage.pathOf(stage.newRepository());
  const layer = tarLayer({ 'file.txt': randomUUID() });
  const image = index
    ? buildIndex('docker', ['amd64', 'arm64'], [layer])
    : buildImage({ format: 'docker', layers: [layer] });
  await pushImage(stage.registry.url, repository, image, tag);
  return { name: `${host()}/${repository}`, image, layer };
}

/** Adds the tests to the enclosing `describe`. */
export function itEnforces(given: RuntimeCase): void {
  const { stage, pull, find, forget } = given;
  const sign = (reference: string): Promise<Outcome> => succeeds(given.owner().dct(['sign', reference]));

  /** Runs `action`; the registry may not have been asked for a manifest by tag, which the proxy never does. */
  async function unbypassed<T>(action: () => Promise<T>): Promise<T> {
    const before = stage.registry.accessLog().length;
    const result = await action();
    const asked = stage.registry.accessLog().slice(before);
    expect(asked.filter(({ path }) => /\/manifests\/(?!sha256:)/.test(path))).toEqual([]);
    return result;
  }

  it.each([false, true])('a signed image arrives as what was signed (multi-arch: %s)', async (index) => {
    const { name, image } = await pushUnpackable(given, '1.0', index);
    await sign(`${name}:1.0`);
    await unbypassed(() => succeeds(pull(`${name}:1.0`)));
    expect(await find(`${name}:1.0`)).toContain(image.digest);
  });

  it('DP-01, DP-02, DP-04: an unsigned image is refused, and the registry is not asked instead', async () => {
    const { name } = await pushUnpackable(given, 'signed');
    await sign(`${name}:signed`);
    await pushImage(stage.registry.url, name.slice(given.host().length + 1), buildImage(), 'unsigned');
    const refused = await unbypassed(() => pull(`${name}:unsigned`));
    expect(refused.code).not.toBe(0);
    expect(refused.stdout + refused.stderr).toMatch(/not signed|403 Forbidden/);
    expect(await find(`${name}:unsigned`)).toBeUndefined();
  });

  it('a signed image whose layer was corrupted never arrives', async () => {
    const { name, layer } = await pushUnpackable(given, '1.0');
    await sign(`${name}:1.0`);
    const file = stage.registry.blobFile(layer.digest);
    const bytes = await readFile(file);
    bytes[600] = (bytes[600] ?? 0) ^ 1;
    await writeFile(file, bytes);
    expect((await unbypassed(() => pull(`${name}:1.0`))).code).not.toBe(0);
    expect(await find(`${name}:1.0`)).toBeUndefined();
  });

  it('DP-09: a digest is its own proof, signed or not', async () => {
    const { name, image } = await pushUnpackable(given, 'unsigned');
    await unbypassed(() => succeeds(pull(`${name}@${image.digest}`)));
    expect(await find(`${name}@${image.digest}`)).toContain(image.digest);
  });

  it('a tag that was revoked since the last pull is refused', async () => {
    const { name } = await pushUnpackable(given, '1.0');
    await sign(`${name}:1.0`);
    await succeeds(pull(`${name}:1.0`));
    await forget(`${name}:1.0`);
    await succeeds(given.owner().dct(['revoke', `${name}:1.0`, '--yes']));
    expect((await unbypassed(() => pull(`${name}:1.0`))).code).not.toBe(0);
    expect(await find(`${name}:1.0`)).toBeUndefined();
  });
}
