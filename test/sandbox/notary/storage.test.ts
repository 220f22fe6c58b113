// What is kept: everything survives a restart, nothing of a publication that was cut short does, and expired files are signed anew.
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/base/bytes.ts';
import type { Files } from '../../../src/base/ports.ts';
import { dayMs, makeKeys } from '../../support/notary-simulator.ts';
import { openDirectory } from '../../../src/disk/files.ts';
import { codeOfRejection } from '../../support/code-of.ts';
import { gun, otherGun, publishedOwner, signedOf, TestServer, tuf, type Owner } from './support.ts';

let server: TestServer;
let owner: Owner;
beforeEach(async () => {
  server = new TestServer();
  owner = await publishedOwner(server);
});

describe('a restart', () => {
  it('changes nothing that is served', async () => {
    await server.publish(owner.next('targets'));
    await publishedOwner(server, { name: otherGun });
    await server.send('DELETE', tuf(otherGun));
    const again = server.restarted();
    expect(await again.served()).toEqual(await server.served());
    expect(await again.served(otherGun)).toEqual(await server.served(otherGun));
    for (const role of ['snapshot', 'timestamp'])
      expect((await again.get(`${role}.key`)).text).toBe((await server.get(`${role}.key`)).text);
  });

  it('goes on with versions and with the changefeed', async () => {
    const again = server.restarted();
    expect(await again.publish(owner.next('targets'))).toMatchObject({ status: 200 });
    expect(signedOf((await again.get('timestamp.json')).bytes).version).toBe(2);
    const { text } = await again.send('GET', '/v2/_trust/changefeed?records=-1&change_id=-1');
    expect(JSON.parse(text)).toMatchObject({ records: [{ ID: '2', Version: 2 }] });
  });

  it('keeps a key that was only offered', async () => {
    const { text } = await server.get('snapshot.key', otherGun);
    expect((await server.restarted().get('snapshot.key', otherGun)).text).toBe(text);
  });

  it('names its directories so that no GUN can lead elsewhere', async () => {
    const target = '/v2/registry.test%2F..%2F..%2Fetc%5C%00/_trust/tuf/timestamp.key';
    expect(await server.send('GET', target)).toMatchObject({ status: 200 });
    const paths = [...server.files.contents.keys()];
    expect(new Set(paths.map((path) => path.split('/')[1])).size).toBe(2);
    for (const path of paths) expect(path).toMatch(/^repositories\/[0-9a-f]{64}\/[\w/]+\.json$/);
  });
});

it('a real directory holds all of it, for its owner alone', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'dct-sandbox-'));
  try {
    const onDisk = (): TestServer<Files> => new TestServer({ files: openDirectory(directory) });
    const first = onDisk();
    await publishedOwner(first);
    expect(await onDisk().served()).toEqual(await first.served());
    const names = (await readdir(directory, { recursive: true })).filter((name) => name.endsWith('.json'));
    expect(names).toHaveLength(6);
    for (const name of names) expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600);
  } finally {
    await rm(directory, { recursive: true });
  }
});

describe('a publication that the disk interrupts', () => {
  it.each([0, 1, 2, 3])('after %i files leaves the state before, now and after a restart', async (files) => {
    const before = await server.served();
    let left = files;
    server.files.failWrite = () => left-- <= 0;
    const answer = await server.publish(owner.next('targets'));
    expect(answer).toMatchObject({ status: 500, code: 'UPDATING', detail: {} });
    server.files.failWrite = () => false;
    expect(await server.served()).toEqual(before);
    expect(await server.restarted().served()).toEqual(before);
    // The same files, sent again, are taken.
    expect(await server.publish([owner.part('targets')])).toMatchObject({ status: 200 });
  });

  it('writes the state last', async () => {
    server.files.writes.length = 0;
    await server.publish(owner.next('targets'));
    const names = server.files.writes.map((path) => path.split('/').slice(2).join('/'));
    expect(names).toEqual([
      ...Array.from({ length: 3 }, () => expect.stringMatching(/^metadata\/[0-9a-f]{64}\.json$/) as string),
      'state.json',
    ]);
  });
});

describe('damaged files', () => {
  it.each([
    ['state.json', 'no JSON'],
    ['state.json', '[]'],
    ['state.json', '{"gun":"a","generations":[{"cause":"whim","files":[]}],"changes":[]}'],
    ['state.json', '{"gun":"a","generations":[{"cause":"renewal","files":[{"role":"../x"}]}],"changes":[]}'],
    ['keys.json', '{}'],
    ['keys.json', '[{"role":"snapshot","pkcs8":"AAAA"}]'],
    ['keys.json', '[{"role":"root","pkcs8":"AAAA"}]'],
  ])('are reported, not served: %s with %s', async (name, content) => {
    const path = [...server.files.contents.keys()].find((file) => file.endsWith(name)) ?? name;
    await server.files.write(path, utf8(content));
    expect(await codeOfRejection(server.restarted().get('snapshot.key'))).toBe('SANDBOX_STATE');
  });
});

describe('a timestamp that has expired', () => {
  it('is signed anew when it is asked for, once', async () => {
    const old = await server.get('timestamp.json');
    server.clock.advance(14 * dayMs - 1);
    expect((await server.get('timestamp.json')).bytes).toEqual(old.bytes);
    server.clock.advance(1);
    const [first, second] = await Promise.all([server.get('timestamp.json'), server.get('timestamp.json')]);
    expect(signedOf(first.bytes)).toMatchObject({ version: 2, expires: '2030-01-29T00:00:00Z' });
    expect(signedOf(first.bytes).meta).toEqual(signedOf(old.bytes).meta);
    expect(second.bytes).toEqual(first.bytes);
    expect((await server.get('1.timestamp.json')).bytes).toEqual(old.bytes);
    const feed = await server.send('GET', `/v2/${gun}/_trust/changefeed?records=-1&change_id=-1`);
    expect(JSON.parse(feed.text)).toMatchObject({ records: [{ Version: 2, Category: 'update' }] });
  });

  it('brings a new snapshot with it when that has expired too', async () => {
    owner.repository.base.root.expires = server.clock.time + 9 * 365 * dayMs;
    const old = await server.get('snapshot.json');
    server.clock.advance(3 * 365 * dayMs);
    const renewed = await server.get('snapshot.json');
    expect(signedOf(renewed.bytes).version).toBe(2);
    expect(signedOf(renewed.bytes).meta).toEqual(signedOf(old.bytes).meta);
    expect((await server.get('timestamp.json')).status).toBe(200);
  });

  it('lives as long as it was configured to', async () => {
    const brief = server.restarted({ timestampLifetimeMs: 1000 });
    await brief.publish(owner.next('targets'));
    expect(signedOf((await brief.get('timestamp.json')).bytes).expires).toBe('2030-01-01T00:00:01Z');
  });

  it('stays when the root has expired as well: 500', async () => {
    const before = server.files.copy();
    server.clock.advance(11 * 365 * dayMs);
    expect(await server.get('timestamp.json')).toMatchObject({ status: 500, code: 'UNKNOWN', detail: {} });
    expect(await server.get('1.timestamp.json')).toMatchObject({ status: 200 });
    expect(server.files.differences(before)).toEqual([]);
  });

  it('stays when the owner’s own snapshot has expired: 500', async () => {
    const own = await publishedOwner(server, { snapshot: 'owner', name: otherGun });
    server.clock.advance(1096 * dayMs);
    expect(await server.get('timestamp.json', otherGun)).toMatchObject({ status: 500, code: 'UNKNOWN' });
    expect((await server.get('1.snapshot.json', otherGun)).bytes).toEqual(own.part('snapshot')[1]);
  });
});

it('a deletion removes the files, and keeps the keys', async () => {
  owner.repository.delegate('targets/alice', makeKeys(1));
  await server.publish(owner.next('targets', 'targets/alice'));
  const { text } = await server.get('timestamp.key');
  await server.send('DELETE', tuf());
  expect([...server.files.contents.keys()].map((path) => path.split('/').at(-1)).sort()).toEqual([
    'keys.json',
    'state.json',
  ]);
  expect((await server.restarted().get('timestamp.key')).text).toBe(text);
});
