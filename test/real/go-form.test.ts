// The server hashes its own rendering of what it is sent: for awkward content too, that has to be exactly our bytes.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { asTag, makeGun, type Gun } from '../../src/base/reference.ts';
import { openDirectory } from '../../src/disk/files.ts';
import { createTransport } from '../../src/http/transport.ts';
import { environmentPassphrases, openKeyStore } from '../../src/keystore/index.ts';
import { prepareSign, type TargetToSign } from '../../src/tuf-client/author/index.ts';
import { createNotaryStore, createTrustClient, parseServerUrl } from '../../src/tuf-client/index.ts';
import type { NotaryStore } from '../../src/tuf-client/index.ts';
import { passphrases, succeeds, type User } from '../support/real/clients.ts';
import { createNotaryRepository, signedTags } from '../support/real/repositories.ts';
import { describeReal } from '../support/real/requirement.ts';
import { useStage } from '../support/real/use-stage.ts';

interface Publication {
  /** When it is signed, in milliseconds since the epoch; now when left out. */
  readonly at?: number;
  readonly signer?: string;
}

const variables = {
  DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: passphrases.root,
  DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: passphrases.repository,
};

describeReal(['notary-server', 'docker-registry', 'notary', 'openssl'], 'Go form on a real server', () => {
  const stage = useStage();
  let count = 0;
  const newGun = (): Gun => makeGun('registry.example:5000', `team/form${count++}`);

  const target = (name: string, length = 523): TargetToSign => {
    const tag = asTag(name);
    if (tag === undefined) throw new Error(`${name} is not a tag`);
    return { name: tag, digest: digestOf(utf8(name)), length };
  };

  /** Signs as `dct sign` does; answers the files that were sent, by role. */
  async function publish(
    user: User,
    gun: Gun,
    targets: readonly TargetToSign[],
    { at, signer }: Publication = {},
  ): Promise<ReadonlyMap<string, Uint8Array>> {
    const ca = await readFile(stage.authority.caFile, 'utf8');
    const transport = createTransport({ ca });
    const real = createNotaryStore({ server: parseServerUrl(stage.notary.url), transport: () => transport });
    const sent = new Map<string, Uint8Array>();
    const store: NotaryStore = {
      ...real,
      publish: (name, files) => {
        for (const [role, bytes] of files) sent.set(role, bytes);
        return real.publish(name, files);
      },
    };
    const files = openDirectory(user.trustDirectory);
    const notices = { warn: () => undefined, info: () => undefined, debug: () => undefined };
    const clock = { now: () => at ?? Date.now() };
    const trust = createTrustClient({
      ...{ store, files, clock, notices, pins: [], firstUse: 'accept' as const },
      exclusively: (_, action) => action(),
    });
    const keys = openKeyStore({ files, openDirectory, passphrases: environmentPassphrases(variables) });
    try {
      const prepared = await prepareSign({ trust, store, keys, clock, notices }, { gun, targets, signer });
      await prepared.publish();
    } finally {
      await transport.close();
    }
    return sent;
  }

  /** The snapshot's entry for each role, as the server made it. */
  async function servedSnapshot(gun: Gun): Promise<Readonly<Record<string, FileEntry>>> {
    const ca = await readFile(stage.authority.caFile);
    const url = `${stage.notary.url}/v2/${gun}/_trust/tuf/snapshot.json`;
    const body = await new Promise<string>((resolve, reject) => {
      get(url, { ca, agent: false }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => resolve(Buffer.concat(parts).toString('utf8')));
      }).on('error', reject);
    });
    return (JSON.parse(body) as { signed: { meta: Record<string, FileEntry> } }).signed.meta;
  }

  /** Expects that the server describes exactly these bytes, and that notary reads all of it. */
  async function expectSameForm(gun: Gun, sent: ReadonlyMap<string, Uint8Array>): Promise<void> {
    const served = await servedSnapshot(gun);
    for (const [role, bytes] of sent) expect({ role, ...served[role] }).toEqual({ role, ...entryOf(bytes) });
    await succeeds((await stage.user()).notary(['list', gun]));
  }

  it('of all four kinds of file of a first publication', async () => {
    const gun = newGun();
    const sent = await publish(await stage.user(), gun, [target('latest')], { signer: 'alice' });
    expect([...sent.keys()]).toEqual(['root', 'targets', 'targets/alice', 'targets/releases']);
    await expectSameForm(gun, sent);
  });

  it.each([
    ['one character each', ['a', '0', '_']],
    ['128 characters', ['a'.repeat(128), `_${'.-'.repeat(63)}-`]],
    ['names that are something else elsewhere', ['__proto__', 'constructor', 'toString', '10', '9']],
    ['upper and lower case', ['A', 'a', 'B', 'b', '_', '0']],
  ])('of tags at the limits of their grammar: %s', async (_, tags) => {
    const gun = newGun();
    const sent = await publish(
      await stage.user(),
      gun,
      tags.map((tag) => target(tag)),
    );
    await expectSameForm(gun, sent);
    const listed = await signedTags(await stage.user(), gun);
    expect(listed.map(({ tag }) => tag).sort()).toEqual([...tags].sort());
  });

  it.each([0, 1, 10, 100, 120, 900, 999])('of times at %i ms after a second', async (milliseconds) => {
    const user = await stage.user();
    const gun = newGun();
    const at = Math.floor(Date.now() / 1000) * 1000 + milliseconds;
    await expectSameForm(gun, await publish(user, gun, [target('first')], { at }));
    // The second version of a file as well.
    await expectSameForm(gun, await publish(user, gun, [target('second')], { at }));
  });

  it('of GUNs of 200 characters, and with every separator', async () => {
    for (const path of [`${'long'.repeat(44)}__x`, 'a__b/c-d---e/f.g_h']) {
      const gun = makeGun('registry.example:5000', path);
      await expectSameForm(gun, await publish(await stage.user(), gun, [target('latest')]));
    }
  });

  it('of the smallest and the largest size', async () => {
    const gun = newGun();
    const sizes = [target('one', 1), target('large', Number.MAX_SAFE_INTEGER)];
    await expectSameForm(gun, await publish(await stage.user(), gun, sizes));
  });

  it('of what others wrote: custom data, and names that are no tags', async () => {
    const user = await stage.user();
    const gun = newGun();
    const names = [
      'a<b>&c',
      'quote"back\\slash',
      'Grüße €😀',
      'line\u2028paragraph\u2029',
      'with space',
      '\u007f',
    ];
    const tags = Object.fromEntries(names.map((name) => [name, { digest: digestOf(utf8(name)), size: 7 }]));
    await createNotaryRepository(user, gun, { snapshotKey: 'server', tags });
    const custom =
      '{"":[],"a":{"b":{},"c":[null,true,-1,9007199254740991]},"note":"Grüße €😀 \u007f","quote":"\\"\\\\"}';
    await writeFile(join(user.home, 'custom.json'), custom);
    await writeFile(join(user.home, 'content'), 'content');
    const flags = ['--publish', '--custom', join(user.home, 'custom.json')];
    await succeeds(user.notary(['add', ...flags, gun, '2.0', join(user.home, 'content')]));

    const sent = await publish(user, gun, [target('latest')]);

    expect([...sent.keys()]).toEqual(['targets']);
    await expectSameForm(gun, sent);
    const { targets } = (
      JSON.parse(Buffer.from(sent.get('targets') ?? []).toString('utf8')) as {
        signed: { targets: Record<string, { custom?: unknown }> };
      }
    ).signed;
    expect(Object.keys(targets).sort()).toEqual([...names, '2.0', 'latest'].sort());
    expect(JSON.stringify(targets['2.0']?.custom)).toBe(custom);
  });
});

interface FileEntry {
  readonly hashes: Readonly<Record<string, string>>;
  readonly length: number;
}

function entryOf(bytes: Uint8Array): FileEntry {
  const hash = (algorithm: string): string => createHash(algorithm).update(bytes).digest('base64');
  return { hashes: { sha256: hash('sha256'), sha512: hash('sha512') }, length: bytes.byteLength };
}
