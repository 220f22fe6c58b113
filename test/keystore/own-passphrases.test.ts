// F-115: one passphrase for each signer, repository or key, from files and from the environment.
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { passphrasePlaces } from '../../src/cli/passphrase-places.ts';
import {
  environmentPassphrases,
  handedPassphrases,
  type PassphraseRequest,
} from '../../src/keystore/index.ts';

const keyId = `abcdef0${'1'.repeat(57)}`;
const gun = 'registry.test:5000/team/app';

const keys = {
  root: { keyId: '9'.repeat(64), role: 'root' },
  targets: { keyId: '8'.repeat(64), role: 'targets', gun },
  other: { keyId: '7'.repeat(64), role: 'targets', gun: 'registry.test:5000/team/other' },
  alice: { keyId, role: 'alice' },
  bot: { keyId: '6'.repeat(64), role: 'ci-bot' },
} as const;

const request = (name: keyof typeof keys): PassphraseRequest => {
  return { ...keys[name], purpose: 'unlock', attempt: 0 };
};

describe('--passphrase-file WHOM=FILE', () => {
  it.each<readonly [string, readonly (keyof typeof keys)[]]>([
    ['root', ['root']],
    ['repository', ['targets', 'other', 'alice', 'bot']],
    ['targets', ['targets', 'other']],
    ['alice', ['alice']],
    ['ci-bot', ['bot']],
    [gun, ['targets']],
    [keyId, ['alice']],
    ['abcdef0', ['alice']],
    ['abcdef', []],
    ['bcdef01', []],
  ])('%s is for %j', async (whom, expected) => {
    const places = passphrasePlaces({ passphraseFile: [`${whom}=secret`] }, '/work');
    expect(places).toMatchObject([{ path: '/work/secret', for: whom }]);
    const source = handedPassphrases(
      places.map((place) => ({ ...place, read: () => Promise.resolve(utf8('right')) })),
    );
    const opened = [];
    for (const name of Object.keys(keys) as (keyof typeof keys)[])
      if ((await source.get(request(name)))?.passphrase === 'right') opened.push(name);
    expect(opened).toEqual(expected);
  });

  it.each(['./alice=file', '/x/alice=file', '../alice=file'])('%s is a file for every key', (text) => {
    const [place] = passphrasePlaces({ passphraseFile: [text] }, '/work');
    expect(place).not.toHaveProperty('for');
    expect(place?.path).toMatch(/alice=file$/);
  });
});

describe('DCT_PASSPHRASE_...', () => {
  const env = {
    DCT_PASSPHRASE_ALICE: 'of alice',
    DCT_PASSPHRASE_CI_BOT: 'of the bot',
    DCT_PASSPHRASE_9999999: 'of that root key',
    DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'of the others',
    DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: 'of the other root keys',
  };
  it.each<readonly [keyof typeof keys, string]>([
    ['alice', 'DCT_PASSPHRASE_ALICE'],
    ['bot', 'DCT_PASSPHRASE_CI_BOT'],
    ['root', 'DCT_PASSPHRASE_9999999'],
    ['targets', 'DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE'],
  ])('for the key of %s it is %s, before those of Docker', async (name, variable) => {
    const answer = await environmentPassphrases(env).get(request(name));
    expect(answer).toEqual({ passphrase: env[variable as keyof typeof env], source: variable });
  });

  it('more digits of an id come before fewer, ids before names, and an empty one counts as not set', async () => {
    const exact = { DCT_PASSPHRASE_ABCDEF0: 'short', [`DCT_PASSPHRASE_${keyId.toUpperCase()}`]: 'whole' };
    const source = environmentPassphrases({ ...env, ...exact });
    expect(await source.get(request('alice'))).toMatchObject({ passphrase: 'whole' });
    const short = environmentPassphrases({ ...env, DCT_PASSPHRASE_ABCDEF0: 'short' });
    expect(await short.get(request('alice'))).toMatchObject({ passphrase: 'short' });
    const empty = environmentPassphrases({ ...env, DCT_PASSPHRASE_ABCDEF0: '' });
    expect(await empty.get(request('alice'))).toMatchObject({ passphrase: 'of alice' });
  });
});
