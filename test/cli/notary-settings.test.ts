// Which Notary server vouches for a repository, and what belongs to that server alone.
import { describe, expect, it } from 'vitest';
import type { Gun } from '../../src/base/reference.ts';
import { loadSettings, type CommonFlags } from '../../src/cli/settings.ts';
import { errorOf, fakeIo, run } from './support.ts';

const configFile = '/home/user/.config/dct/config.json';
const host = 'registry.test:5000';

function settingsOf(registries: object, flags: CommonFlags = {}, env: Record<string, string> = {}) {
  const files = { [configFile]: JSON.stringify({ registries }) };
  return loadSettings(flags, fakeIo({ env, files }));
}

describe('one Notary server for each registry, and for each part of one', () => {
  const registries = {
    [host]: { notary: 'https://all.test', notaryCa: '/all.pem' },
    [`${host}/team`]: { notary: 'https://team.test' },
    [`${host}/team/secret`]: { notary: 'https://secret.test/path' },
    'plain.test/a': { notary: 'https://a.test' },
  };

  it.each([
    { gun: `${host}/app`, name: host, server: 'https://all.test' },
    { gun: `${host}/team`, name: `${host}/team`, server: 'https://team.test' },
    { gun: `${host}/team/app`, name: `${host}/team`, server: 'https://team.test' },
    { gun: `${host}/team/secret`, name: `${host}/team/secret`, server: 'https://secret.test/path' },
    { gun: `${host}/team/secret/app`, name: `${host}/team/secret`, server: 'https://secret.test/path' },
    { gun: `${host}/team/secrets`, name: `${host}/team`, server: 'https://team.test' },
    { gun: `${host}/team-evil/app`, name: host, server: 'https://all.test' },
    { gun: 'registry.test/team/app', name: 'registry.test', server: 'https://registry.test' },
    { gun: 'plain.test/a/b', name: 'plain.test/a', server: 'https://a.test' },
    { gun: 'plain.test/b/a', name: 'plain.test', server: 'https://plain.test' },
    { gun: 'docker.io/library/alpine', name: 'docker.io', server: 'https://notary.docker.io' },
  ])('$gun: $server', async ({ gun, name, server }) => {
    expect((await settingsOf(registries)).notary(gun as Gun)).toMatchObject({ name, server });
  });

  it('a part inherits nothing from its registry', async () => {
    expect((await settingsOf(registries)).notary(`${host}/team/app` as Gun).ca).toBeUndefined();
  });

  it('all of a registry are known beforehand', async () => {
    const { notaries } = await settingsOf(registries);
    expect(notaries(host).map(({ name }) => name)).toEqual([host, `${host}/team`, `${host}/team/secret`]);
    expect(notaries('plain.test').map(({ server }) => server)).toEqual([
      'https://plain.test',
      'https://a.test',
    ]);
  });
});

describe('what is configured for a Notary server', () => {
  const gun = `${host}/app` as Gun;
  const entry = {
    notary: 'https://notary.test',
    notaryCa: 'ca.pem',
    notaryCert: 'client.pem',
    notaryKey: '/etc/client.key',
    notaryRealm: 'login.test',
  };
  const own = {
    ca: '/home/user/.config/dct/ca.pem',
    client: { certificate: '/home/user/.config/dct/client.pem', key: '/etc/client.key' },
    realm: 'login.test',
  };
  const nothing = { ca: undefined, client: undefined, realm: undefined };
  const variable = 'DOCKER_CONTENT_TRUST_SERVER';

  it.each([
    { why: 'is for that server', flags: {}, env: {}, expected: own },
    { why: 'also when it is named again', flags: { server: 'https://notary.test/' }, env: {}, expected: own },
    { why: 'not for another by option', flags: { server: 'https://b.test' }, env: {}, expected: nothing },
    { why: 'not for another port', flags: { server: 'https://notary.test:444' }, env: {}, expected: nothing },
    {
      why: 'not for another by variable',
      flags: {},
      env: { [variable]: 'https://b.test' },
      expected: nothing,
    },
    {
      why: 'while an option is for whatever server it is',
      flags: { server: 'https://b.test', tlscacert: 'b.pem' },
      env: {},
      expected: { ...nothing, ca: '/project/b.pem' },
    },
  ])('$why', async ({ flags, env, expected }) => {
    expect((await settingsOf({ [host]: entry }, flags, env)).notary(gun)).toMatchObject(expected);
  });

  it('without an address is for whatever server it is', async () => {
    const { notary } = await settingsOf(
      { [host]: { ...entry, notary: undefined } },
      { server: 'https://b.test' },
    );
    expect(notary(gun)).toMatchObject(own);
  });
});

describe('the one Notary server that was named', () => {
  const two = { 'a.test': { notary: 'https://a.test/x' }, 'b.test': { notary: 'https://b.test' } };
  it.each([
    { why: 'by nobody', registries: {}, flags: {}, env: {}, origin: undefined },
    {
      why: 'by option',
      registries: two,
      flags: { server: 'https://o.test/p' },
      env: {},
      origin: 'https://o.test',
    },
    {
      why: 'by variable',
      registries: two,
      flags: {},
      env: { DOCKER_CONTENT_TRUST_SERVER: 'https://v.test:4443' },
      origin: 'https://v.test:4443',
    },
    {
      why: 'as the only one in the configuration',
      registries: {
        'a.test': two['a.test'],
        'c.test': { ca: '/x' },
        'd.test/x': { notary: 'https://a.test' },
      },
      flags: {},
      env: {},
      origin: 'https://a.test',
    },
    { why: 'not when there are two', registries: two, flags: {}, env: {}, origin: undefined },
  ])('$why', async ({ registries, flags, env, origin }) => {
    expect((await settingsOf(registries, flags, env)).namedNotary).toBe(origin);
  });
});

describe('entries that would silently be about nothing', () => {
  const notary = 'https://n.test';
  it.each([
    { registries: { 'a.test/': { notary } }, path: '$.registries' },
    { registries: { 'a.test/Team': { notary } }, path: '$.registries' },
    { registries: { 'a.test/team/*': { notary } }, path: '$.registries' },
    { registries: { 'a.test//team': { notary } }, path: '$.registries' },
    { registries: { 'https://a.test': { notary } }, path: '$.registries' },
    { registries: { 'index.docker.io': { notary } }, path: '$.registries' },
    { registries: { 'a.test/team': {} }, path: '$.registries.a.test/team' },
    { registries: { 'a.test/team': { notary, ca: 'x' } }, path: '$.registries.a.test/team.ca' },
    {
      registries: { 'a.test/team': { notary, plainHttp: true } },
      path: '$.registries.a.test/team.plainHttp',
    },
    { registries: { 'a.test': { notaryCert: 'x' } }, path: '$.registries.a.test' },
    { registries: { 'a.test': { notaryKey: 'x' } }, path: '$.registries.a.test' },
    { registries: { 'a.test': { notaryRealm: 'https://x' } }, path: '$.registries.a.test.notaryRealm' },
    { registries: { 'a.test': { cert: 'x' } }, path: '$.registries.a.test' },
    { registries: { 'a.test': { key: 'x' } }, path: '$.registries.a.test' },
    { registries: { 'a.test': { cert: '', key: 'x' } }, path: '$.registries.a.test.cert' },
    { registries: { 'a.test': { cert: 'x', key: 1 } }, path: '$.registries.a.test.key' },
    { registries: { 'a.test': { cert: 'x', notaryKey: 'y' } }, path: '$.registries.a.test' },
    { registries: { 'a.test': { credentials: 'callers' } }, path: '$.registries.a.test.credentials' },
    { registries: { 'a.test': { credentials: true } }, path: '$.registries.a.test.credentials' },
    { registries: { 'a.test/team': { notary, cert: 'x' } }, path: '$.registries.a.test/team.cert' },
    { registries: { 'a.test/team': { notary, key: 'x' } }, path: '$.registries.a.test/team.key' },
    {
      registries: { 'a.test/team': { notary, credentials: 'caller' } },
      path: '$.registries.a.test/team.credentials',
    },
  ])('$registries', async ({ registries, path }) => {
    const files = { [configFile]: JSON.stringify({ registries }) };
    const outcome = await run(['list', 'a.test/b', '--json'], { files });
    expect(outcome.code).toBe(2);
    expect(errorOf(outcome)).toMatchObject({ code: 'CONFIG_INVALID', facts: { file: configFile, path } });
  });
});
