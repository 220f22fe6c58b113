// KS-09: where passphrases come from, in which order, and how often each source is asked.
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { limits } from '../../src/base/limits.ts';
import {
  environmentPassphrases,
  firstOf,
  handedPassphrases,
  keychainPassphrases,
  passphraseVariable,
  promptPassphrases,
  type PassphraseRequest,
  type PassphraseSource,
} from '../../src/keystore/index.ts';
import { answers } from './memory.ts';

const keyId = 'ab'.repeat(32);

function request(changes: Partial<PassphraseRequest> = {}): PassphraseRequest {
  return { keyId, role: 'targets', purpose: 'unlock', attempt: 0, ...changes };
}

describe('the environment', () => {
  const everything = {
    DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: 'docker root',
    DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'docker repository',
    NOTARY_ROOT_PASSPHRASE: 'notary root',
    NOTARY_TARGETS_PASSPHRASE: 'notary targets',
    NOTARY_SNAPSHOT_PASSPHRASE: 'notary snapshot',
    NOTARY_DELEGATION_PASSPHRASE: 'notary delegation',
  };
  const ask = (env: Record<string, string | undefined>, changes: Partial<PassphraseRequest>) =>
    environmentPassphrases(env).get(request(changes));

  it.each([
    { role: 'root', docker: 'DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE', notary: 'NOTARY_ROOT_PASSPHRASE' },
    {
      role: 'targets',
      docker: 'DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE',
      notary: 'NOTARY_TARGETS_PASSPHRASE',
    },
    {
      role: 'snapshot',
      docker: 'DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE',
      notary: 'NOTARY_SNAPSHOT_PASSPHRASE',
    },
    {
      role: 'alice',
      docker: 'DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE',
      notary: 'NOTARY_DELEGATION_PASSPHRASE',
    },
    {
      role: '',
      docker: 'DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE',
      notary: 'NOTARY_DELEGATION_PASSPHRASE',
    },
  ] as const)('for "$role" is $docker, then $notary', async ({ role, docker, notary }) => {
    expect(passphraseVariable(role)).toBe(docker);
    expect(await ask(everything, { role })).toEqual({ passphrase: everything[docker], source: docker });
    expect(await ask({ ...everything, [docker]: undefined }, { role })).toEqual({
      passphrase: everything[notary],
      source: notary,
    });
    expect(await ask({ ...everything, [docker]: undefined, [notary]: undefined }, { role })).toBeUndefined();
  });

  it('counts an empty variable as not set', async () => {
    const env = { ...everything, DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: '' };
    expect(await ask(env, {})).toMatchObject({ source: 'NOTARY_TARGETS_PASSPHRASE' });
  });

  it.each([' spaces ', 'end\n', 'tab\t', 'e\u0301', '\u00e9'])(
    'changes nothing in %j',
    async (passphrase) => {
      const env = { DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: passphrase };
      expect(await ask(env, {})).toMatchObject({ passphrase });
    },
  );

  it('has one attempt', async () => {
    expect(await ask(everything, { attempt: 1 })).toBeUndefined();
  });

  it('also gives the passphrase of a new key', async () => {
    expect(await ask(everything, { purpose: 'create' })).toMatchObject({ passphrase: 'docker repository' });
  });
});

describe('one that was handed over', () => {
  const from = (content: Uint8Array | undefined) =>
    handedPassphrases([{ source: 'the file', read: () => Promise.resolve(content) }]);

  it.each([
    ['that does not exist', undefined, 'it does not exist'],
    ['of nothing', utf8(''), 'it is empty'],
    ['of a line end only', utf8('\n'), 'it is empty'],
    ['that is not text', Uint8Array.of(0xff, 0xfe), 'it is not UTF-8'],
    ['beyond the bound', new Uint8Array(limits.passphraseBytes + 1).fill(0x61), `it has more than`],
  ])('in a file %s is refused', async (_what, content, problem) => {
    await expect(from(content).get(request())).rejects.toMatchObject({
      code: 'PASSPHRASE_UNREADABLE',
      facts: { source: 'the file', problem: expect.stringContaining(problem) as string },
    });
  });

  it('may be as long as the bound, and is asked for once', async () => {
    const source = from(new Uint8Array(limits.passphraseBytes).fill(0x61));
    expect((await source.get(request()))?.passphrase).toHaveLength(limits.passphraseBytes);
    expect(await source.get(request({ attempt: 1 }))).toBeUndefined();
  });
});

describe('the OS keychain', () => {
  const keychain = (entries: Record<string, string>) => () =>
    Promise.resolve({
      getPassword: (service: string, account: string) =>
        Promise.resolve(entries[`${service}/${account}`] ?? null),
    });

  it.each([
    { role: 'root', entries: { [`dct/${keyId}`]: 'own', 'dct/root': 'kind' }, passphrase: 'own' },
    { role: 'root', entries: { 'dct/root': 'root', 'dct/repository': 'repository' }, passphrase: 'root' },
    {
      role: 'alice',
      entries: { 'dct/root': 'root', 'dct/repository': 'repository' },
      passphrase: 'repository',
    },
    {
      role: 'alice',
      entries: { [`dct/${keyId}`]: '', 'dct/repository': 'repository' },
      passphrase: 'repository',
    },
  ])('has an entry for the key, else for its kind: $role', async ({ role, entries, passphrase }) => {
    const answer = await keychainPassphrases(keychain(entries)).get(request({ role }));
    expect(answer).toEqual({ passphrase, source: 'the OS keychain' });
  });

  it('is not asked for a key that has no id yet', async () => {
    const source = keychainPassphrases(keychain({ 'dct/': 'nobody’s', 'dct/repository': 'repository' }));
    expect(await source.get(request({ keyId: '' }))).toMatchObject({
      passphrase: 'repository',
    });
  });

  it('has no answer without an entry, and one attempt with it', async () => {
    expect(await keychainPassphrases(keychain({ 'dct/root': 'root' })).get(request())).toBeUndefined();
    const source = keychainPassphrases(keychain({ 'dct/repository': 'repository' }));
    expect(await source.get(request({ attempt: 1 }))).toBeUndefined();
  });

  it.each([
    { what: 'is not installed', load: () => Promise.reject(new Error('Cannot find module')) },
    {
      what: 'is locked',
      load: () => Promise.resolve({ getPassword: () => Promise.reject(new Error('no session')) }),
    },
    {
      what: 'breaks on the call',
      load: () =>
        Promise.resolve({
          getPassword: (): never => {
            throw new Error('no D-Bus');
          },
        }),
    },
  ])('has no answer when it $what', async ({ load }) => {
    expect(await keychainPassphrases(load).get(request())).toBeUndefined();
  });

  it('is reached through an optional package that has this function', async () => {
    const { getPassword } = await import('keytar/keytar.js');
    expect(getPassword).toBeTypeOf('function');
  });
});

/** A terminal with somebody who types these answers. */
function typing(...typed: readonly (string | undefined)[]) {
  const prompts: string[] = [];
  const source = promptPassphrases((prompt) => Promise.resolve(typed[prompts.push(prompt) - 1]));
  return { source, prompts };
}

describe('the terminal', () => {
  it('asks for the key by role, short id and collection', async () => {
    const { source, prompts } = typing('secret');
    expect(await source.get(request({ gun: 'registry.test/a' }))).toEqual({
      passphrase: 'secret',
      source: 'the terminal',
    });
    expect(prompts).toEqual([expect.stringMatching(/targets key abababa of registry\.test\/a: $/)]);
  });

  it('has three attempts, and says that the last one was wrong', async () => {
    const { source, prompts } = typing('1', '2', '3', '4');
    const given: unknown[] = [];
    for (const attempt of [0, 1, 2, 3]) given.push((await source.get(request({ attempt })))?.passphrase);
    expect(given).toEqual(['1', '2', '3', undefined]);
    expect(prompts.map((prompt) => /wrong/i.test(prompt))).toEqual([false, true, true]);
  });

  it('drops white space around what is typed, as Notary does', async () => {
    expect(await typing(' two words\r').source.get(request())).toMatchObject({ passphrase: 'two words' });
  });

  it.each(['unlock', 'create'] as const)('has no answer without a terminal (%s)', async (purpose) => {
    expect(await promptPassphrases(undefined).get(request({ purpose }))).toBeUndefined();
  });

  it.each([
    { what: 'nobody answers to unlock', purpose: 'unlock', typed: [undefined] },
    { what: 'nobody answers to create', purpose: 'create', typed: [undefined] },
    { what: 'nobody repeats', purpose: 'create', typed: ['long enough', undefined] },
  ] as const)('has no answer when $what', async ({ purpose, typed }) => {
    const { source, prompts } = typing(...typed);
    expect(await source.get(request({ purpose }))).toBeUndefined();
    expect(prompts).toHaveLength(typed.length);
  });

  it.each([
    { what: 'typed twice', typed: ['long enough', 'long enough'], prompts: 2 },
    { what: 'typed twice after a short one', typed: ['short', 'long enough', 'long enough'], prompts: 3 },
    {
      what: 'typed twice after a slip',
      typed: ['long enough', 'long enuogh', 'long enough', 'long enough'],
      prompts: 4,
    },
    { what: 'typed with spaces around', typed: [' long enough', 'long enough '], prompts: 2 },
  ])('takes a new passphrase that was $what', async ({ typed, prompts: count }) => {
    const { source, prompts } = typing(...typed);
    expect(await source.get(request({ purpose: 'create' }))).toMatchObject({ passphrase: 'long enough' });
    expect(prompts).toHaveLength(count);
  });

  it.each([
    { what: 'seven characters', typed: ['1234567', '1234567', '1234567'], code: 'PASSPHRASE_TOO_SHORT' },
    {
      what: 'seven characters of several bytes',
      typed: Array<string>(3).fill('😀'.repeat(7)),
      code: 'PASSPHRASE_TOO_SHORT',
    },
    { what: 'words of manuals', typed: ['password', 'Changeme1!', '12345678'], code: 'PASSPHRASE_WEAK' },
    { what: 'spaces only', typed: Array<string>(3).fill(' '.repeat(12)), code: 'PASSPHRASE_TOO_SHORT' },
    {
      what: 'never repeated well',
      typed: ['long enough', '1', 'long enough', '2', 'long enough', '3'],
      code: 'PASSPHRASE_MISMATCH',
    },
  ])('refuses a new passphrase for the third time: $what', async ({ typed, code }) => {
    const { source, prompts } = typing(...typed);
    await expect(source.get(request({ purpose: 'create' }))).rejects.toMatchObject({ code });
    expect(prompts).toHaveLength(typed.length);
  });
});

describe('several sources', () => {
  const silent: PassphraseSource = { get: () => Promise.resolve(undefined) };

  it('are asked in order, and the first that answers decides', async () => {
    const [first, second] = [answers('first'), answers('second')];
    expect(await firstOf(silent, first, second).get(request())).toMatchObject({ passphrase: 'first' });
    expect(second.asked).toEqual([]);
  });

  it('after a wrong answer only that source is asked again: a wrong variable is an error, not a reason to ask', async () => {
    const first = answers('first');
    const second = answers('second');
    const source = firstOf(silent, first, second);
    await source.get(request());
    expect(await source.get(request({ attempt: 1 }))).toBeUndefined();
    expect(first.asked.map(({ attempt }) => attempt)).toEqual([0, 1]);
    expect(second.asked).toEqual([]);
  });

  it('begin anew for the next key', async () => {
    const first: PassphraseSource = {
      get: ({ role }) => Promise.resolve(role === 'root' ? { passphrase: 'first', source: '1' } : undefined),
    };
    const source = firstOf(first, answers('second'));
    expect(await source.get(request({ role: 'root' }))).toMatchObject({ passphrase: 'first' });
    expect(await source.get(request({ keyId: 'cd'.repeat(32) }))).toMatchObject({ passphrase: 'second' });
  });

  it('may all have none', async () => {
    expect(await firstOf(silent, silent).get(request())).toBeUndefined();
    expect(await firstOf().get(request({ attempt: 1 }))).toBeUndefined();
  });
});
