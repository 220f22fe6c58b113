// The store as a whole: which keys it finds, in which layout, by whom, and how often it asks.
import { describe, expect, expectTypeOf, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { DctError } from '../../src/base/errors.ts';
import type { Gun } from '../../src/base/reference.ts';
import type { KeyStore } from '../../src/keystore/index.ts';
import type { SigningKeys } from '../../src/tuf-client/author/index.ts';
import type { KeyId } from '../../src/tuf-client/model/index.ts';
import { answers, memoryFiles, memoryStore } from './memory.ts';
import { nobodyToAsk, passphrase, vector } from './vectors.ts';

const root = vector('notary-root');
const targets = vector('notary-targets');
const alice = vector('docker-alice');
const p384 = vector('notary-p384');
const p521 = vector('notary-p521');

const path = (id: KeyId): string => `private/${id}.key`;
const withRole = (text: string, role: string): string => text.replace(/^role: .*$/m, `role: ${role}`);

/** The store as the vectors' programs would leave it. */
const usual = (): ReturnType<typeof memoryFiles> =>
  memoryFiles('/trust', {
    [path(root.keyId)]: root.text,
    [path(targets.keyId)]: targets.text,
    [path(alice.keyId)]: alice.text,
    [path(p384.keyId)]: withRole(p384.text, 'root'),
    'private/README': 'not a key file',
    'tuf/registry.test/a/metadata/root.json': '{}',
  });

describe('what is here', () => {
  it('is listed in the order of ids, with role and collection, and without any passphrase', async () => {
    const { store } = memoryStore(nobodyToAsk, { files: usual() });
    const { keys, unreadable } = await store.survey();
    expect(unreadable).toEqual([]);
    expect(keys.map(({ keyId }) => keyId)).toEqual(
      [root, targets, alice, p384].map(({ keyId }) => keyId).sort(),
    );
    expect(keys).toContainEqual({
      keyId: targets.keyId,
      role: 'targets',
      gun: targets.gun,
      encrypted: true,
      file: `/trust/${path(targets.keyId)}`,
    });
    expect(await store.list()).toEqual(keys);
  });

  it('is empty where there is no directory', async () => {
    const { store } = memoryStore(nobodyToAsk);
    expect(await store.survey()).toEqual({ keys: [], unreadable: [] });
  });

  it('is found by role, by signer, by collection', async () => {
    const { store } = memoryStore(nobodyToAsk, { files: usual() });
    expect(await store.rootKeys()).toEqual([root.keyId, p384.keyId].sort());
    expect(await store.namedKeys('alice')).toEqual([alice.keyId]);
    expect(await store.namedKeys('ali')).toEqual([]);
    expect(await store.repositoryKeys('targets', targets.gun as Gun)).toEqual([targets.keyId]);
    expect(await store.repositoryKeys('snapshot', targets.gun as Gun)).toEqual([]);
    expect(await store.repositoryKeys('targets', `${targets.gun ?? ''}2` as Gun)).toEqual([]);
  });

  it('is read once, however many collections are looked for; what comes and goes meanwhile counts', async () => {
    const files = usual();
    const reads: string[] = [];
    const counting = { ...files, read: (name: string) => (reads.push(name), files.read(name)) };
    const { store } = memoryStore(nobodyToAsk, { files: counting });
    const find = (): Promise<readonly KeyId[]> => store.repositoryKeys('targets', targets.gun as Gun);
    for (let i = 0; i < 10; i++) expect(await find()).toEqual([targets.keyId]);
    expect(reads.sort()).toEqual([...new Set(reads)]);
    await files.remove(path(targets.keyId));
    expect(await find()).toEqual([]);
    await files.write(path(targets.keyId), utf8(withRole(targets.text, 'targets')));
    await files.write(path(p521.keyId), utf8(withRole(p521.text, 'root')));
    expect(await find()).toEqual([targets.keyId]);
    expect(await store.rootKeys()).toContain(p521.keyId);
  });

  it('is held by its whole id', async () => {
    const { store } = memoryStore(nobodyToAsk, { files: usual() });
    expect(await store.held([p521.keyId, alice.keyId, root.keyId])).toEqual([alice.keyId, root.keyId]);
  });

  it.each([
    { what: 'a name that is no id', name: 'private/mykey.key', content: alice.text, code: 'KEY_FORMAT' },
    {
      what: 'a folder of unknown meaning',
      name: `private/x/${p521.keyId}.key`,
      content: p521.text,
      code: 'KEY_FORMAT',
    },
    { what: 'damage', name: path(p521.keyId), content: 'rubbish', code: 'KEY_FORMAT' },
  ])('is reported apart from the keys: $what', async ({ name, content, code }) => {
    const files = usual();
    files.contents.set(name, utf8(content));
    const { keys, unreadable } = await memoryStore(nobodyToAsk, { files }).store.survey();
    expect(keys).toHaveLength(4);
    expect(unreadable).toMatchObject([{ code, facts: { file: `/trust/${name}` } }]);
  });

  it('stays usable when the disk refuses one file', async () => {
    const files = usual();
    const refusal = new DctError('DISK_UNSAFE', { file: '/trust/x', problem: 'it is a symbolic link' });
    const read = files.read.bind(files);
    files.read = (name) => (name === path(alice.keyId) ? Promise.reject(refusal) : read(name));
    const { store } = memoryStore(answers(passphrase), { files });
    expect((await store.survey()).unreadable).toEqual([refusal]);
    await expect(store.signer(alice.keyId)).rejects.toBe(refusal);
    expect((await store.signer(root.keyId)).keyId).toBe(root.keyId);
  });

  it('does not hide what is not the disk’s answer', async () => {
    const files = usual();
    files.read = () => Promise.reject(new TypeError('a defect'));
    await expect(memoryStore(nobodyToAsk, { files }).store.survey()).rejects.toThrow('a defect');
  });
});

describe('the layouts before Notary 0.4', () => {
  const noRole = vector('plain-no-role');

  it.each([
    { name: `root_keys/${p521.keyId}_root.key`, text: p521.text, role: 'root' },
    { name: `root_keys/deep/${p521.keyId}_root.key`, text: p521.text, role: 'root' },
    { name: `root_keys/${noRole.keyId}.key`, text: noRole.text, role: 'root' },
    {
      name: `tuf_keys/registry.test:5000/a/b/${p521.keyId}_targets.key`,
      text: p521.text,
      role: 'targets',
      gun: 'registry.test:5000/a/b',
    },
    {
      name: `tuf_keys/registry.test/a/${targets.keyId}.key`,
      text: targets.text,
      role: 'targets',
      gun: 'registry.test/a',
    },
    { name: `tuf_keys/${p521.keyId}_alice.key`, text: p521.text, role: 'alice' },
    {
      name: `tuf_keys/registry.test/a/${noRole.keyId}.key`,
      text: noRole.text,
      role: '',
      gun: 'registry.test/a',
    },
  ])('$name is read in place', async ({ name, text, role, gun }) => {
    const files = memoryFiles('/trust', { [`private/${name}`]: text });
    const { store } = memoryStore(answers(passphrase), { files });
    const [key] = await store.list();
    expect(key).toMatchObject({ role, file: `/trust/private/${name}` });
    expect(key?.gun).toBe(gun);
    const keyId = key?.keyId ?? root.keyId;
    expect((await store.signer(keyId)).keyId).toBe(keyId);
    expect([...files.contents.keys()]).toEqual([`private/${name}`]);
  });

  it('a key that is in today’s layout too is taken from there', async () => {
    const files = memoryFiles('/trust', {
      [`private/root_keys/${p521.keyId}_root.key`]: 'rubbish',
      [path(p521.keyId)]: p521.text,
    });
    const { keys, unreadable } = await memoryStore(nobodyToAsk, { files }).store.survey();
    expect(keys).toMatchObject([{ keyId: p521.keyId, role: 'p521' }]);
    expect(unreadable).toEqual([]);
  });
});

describe('unlocking', () => {
  it('asks for the key by id, role and collection, once', async () => {
    const source = answers(passphrase);
    const { store } = memoryStore(source, { files: usual() });
    const signer = await store.signer(targets.keyId);
    expect(await store.signer(targets.keyId)).toBe(signer);
    expect(source.asked).toEqual([
      { keyId: targets.keyId, role: 'targets', gun: targets.gun, purpose: 'unlock', attempt: 0 },
    ]);
  });

  it('asks again after a wrong answer, and says which attempt it is', async () => {
    const source = answers('wrong', 'wrong again', passphrase);
    const { store } = memoryStore(source, { files: usual() });
    expect((await store.signer(alice.keyId)).keyId).toBe(alice.keyId);
    expect(source.asked.map(({ attempt }) => attempt)).toEqual([0, 1, 2]);
  });

  it('ends with WRONG_PASSPHRASE when the source has no more', async () => {
    const { store } = memoryStore(answers('wrong'), { files: usual() });
    await expect(store.signer(alice.keyId)).rejects.toMatchObject({
      code: 'WRONG_PASSPHRASE',
      facts: { keyId: alice.keyId, role: 'alice', source: 'the test' },
    });
  });

  it('ends even when the source always has one more', async () => {
    const source = { get: () => Promise.resolve({ passphrase: 'wrong', source: 'the test' }) };
    const { store } = memoryStore(source, { files: usual() });
    await expect(store.signer(alice.keyId)).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
  });

  it.each([
    { key: root, variable: 'DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE' },
    { key: alice, variable: 'DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE' },
  ])('names $variable when nobody has an answer', async ({ key, variable }) => {
    const { store } = memoryStore(answers(), { files: usual() });
    await expect(store.signer(key.keyId)).rejects.toMatchObject({
      code: 'PASSPHRASE_MISSING',
      facts: { keyId: key.keyId, variable },
    });
  });

  it('tries what opened a key of the same role, without asking', async () => {
    const source = answers(passphrase);
    const { store } = memoryStore(source, { files: usual() });
    await store.signer(root.keyId);
    expect((await store.signer(p384.keyId)).keyId).toBe(p384.keyId);
    expect(source.asked).toHaveLength(1);
  });

  it('does not try it on keys of another role', async () => {
    const { store } = memoryStore(answers(passphrase), { files: usual() });
    await store.signer(root.keyId);
    await expect(store.signer(alice.keyId)).rejects.toMatchObject({ code: 'PASSPHRASE_MISSING' });
  });

  it('asks when the remembered one does not fit: that is nobody’s mistake', async () => {
    const other = memoryStore(answers('another passphrase'));
    const { keyId } = await other.store.create('root');
    const files = usual();
    files.contents.set(path(keyId), other.files.contents.get(path(keyId)) ?? utf8(''));
    const source = answers(passphrase, 'another passphrase');
    const { store } = memoryStore(source, { files });
    await store.signer(root.keyId);
    expect((await store.signer(keyId)).keyId).toBe(keyId);
    expect(source.asked.map(({ attempt }) => attempt)).toEqual([0, 0]);
  });

  it('happens one after the other, so that two keys of one role need one answer', async () => {
    const source = answers(passphrase);
    const { store } = memoryStore(source, { files: usual() });
    const signers = await Promise.all([root, p384, root].map(({ keyId }) => store.signer(keyId)));
    expect(signers[0]).toBe(signers[2]);
    expect(source.asked).toHaveLength(1);
  });

  it('goes on after a failure', async () => {
    const { store } = memoryStore(answers(passphrase), { files: usual() });
    const outcomes = await Promise.allSettled([store.signer(p521.keyId), store.signer(root.keyId)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });

  it('of a key that is not here is KEY_UNKNOWN', async () => {
    const { store } = memoryStore(nobodyToAsk, { files: usual() });
    await expect(store.signer(p521.keyId)).rejects.toMatchObject({
      code: 'KEY_UNKNOWN',
      facts: { keyId: p521.keyId },
    });
  });
});

it('P-43: is what the author door asks for', () => {
  expectTypeOf<KeyStore>().toExtend<SigningKeys>();
});
