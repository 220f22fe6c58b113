// Where settings come from: option, then environment, then configuration file, then default.
import { describe, expect, it } from 'vitest';
import type { Gun } from '../../src/base/reference.ts';
import { loadSettings, type CommonFlags } from '../../src/cli/settings.ts';
import { fakeIo, run, errorOf, type World } from './support.ts';

const configFile = '/home/user/.config/dct/config.json';
const settingsOf = (flags: CommonFlags, world: World = {}) => loadSettings(flags, fakeIo(world));
const configured = (host: string, entry: object): Record<string, string> => ({
  [configFile]: JSON.stringify({ registries: { [host]: entry } }),
});

describe('the Notary server of a registry', () => {
  const host = 'example.test:5000';
  const env = { DOCKER_CONTENT_TRUST_SERVER: 'https://variable.test' };
  const files = configured(host, { notary: 'https://file.test' });

  it.each([
    {
      why: 'option',
      flags: { server: 'https://option.test' },
      world: { env, files },
      url: 'https://option.test',
    },
    { why: 'environment', flags: {}, world: { env, files }, url: 'https://variable.test' },
    { why: 'configuration', flags: {}, world: { files }, url: 'https://file.test' },
    {
      why: 'an empty variable counts as unset',
      flags: {},
      world: { env: { DOCKER_CONTENT_TRUST_SERVER: '' }, files },
      url: 'https://file.test',
    },
    { why: 'its own name', flags: {}, world: {}, url: `https://${host}` },
  ])('$why', async ({ flags, world, url }) => {
    expect((await settingsOf(flags, world)).notary(`${host}/app` as Gun).server).toBe(url);
  });

  it('Docker Hub has one of its own', async () => {
    expect((await settingsOf({})).notary('docker.io/a/b' as Gun).server).toBe('https://notary.docker.io');
  });
});

describe('directories', () => {
  it.each([
    { why: 'default', env: {}, directory: '/home/user/.docker' },
    { why: 'DOCKER_CONFIG', env: { DOCKER_CONFIG: '/etc/docker-user' }, directory: '/etc/docker-user' },
    { why: 'DOCKER_CONFIG, relative', env: { DOCKER_CONFIG: 'ci' }, directory: '/project/ci' },
  ])("Docker's: $why", async ({ env, directory }) => {
    expect((await settingsOf({}, { env })).dockerDirectory).toBe(directory);
  });

  it.each([
    { why: 'default', env: {}, file: configFile },
    { why: 'XDG_CONFIG_HOME', env: { XDG_CONFIG_HOME: '/xdg' }, file: '/xdg/dct/config.json' },
    { why: 'a relative XDG_CONFIG_HOME is ignored', env: { XDG_CONFIG_HOME: 'xdg' }, file: configFile },
    {
      why: 'DCT_CONFIG',
      env: { DCT_CONFIG: '/etc/dct.json', XDG_CONFIG_HOME: '/xdg' },
      file: '/etc/dct.json',
    },
  ])('configuration file: $why', async ({ env, file }) => {
    const content = JSON.stringify({ pins: { 'example.test/a': ['0'.repeat(64)] } });
    const { config } = await settingsOf({}, { env, files: { [file]: content } });
    expect([...config.pins.keys()]).toEqual(['example.test/a']);
  });
});

describe('plain HTTP', () => {
  const host = 'example.test:5000';
  it.each([
    { why: 'not by default', flags: {}, files: {}, plainHttp: false },
    { why: 'by option', flags: { insecureRegistry: [host] }, files: {}, plainHttp: true },
    {
      why: 'not by an option for another registry',
      flags: { insecureRegistry: ['example.test'] },
      files: {},
      plainHttp: false,
    },
    { why: 'by configuration', flags: {}, files: configured(host, { plainHttp: true }), plainHttp: true },
    {
      why: 'option over configuration',
      flags: { insecureRegistry: [host] },
      files: configured(host, { plainHttp: false }),
      plainHttp: true,
    },
  ])('$why', async ({ flags, files, plainHttp }) => {
    expect((await settingsOf(flags, { files })).registry(host).plainHttp).toBe(plainHttp);
  });
});

describe('certificate files', () => {
  it('named by option are relative to the working directory, by configuration to its file (P-54)', async () => {
    const files = configured('a.test', { ca: 'tls/a.pem', notaryCa: '/etc/notary.pem' });
    const settings = await settingsOf({}, { files });
    expect(settings.registry('a.test').ca).toBe('/home/user/.config/dct/tls/a.pem');
    expect(settings.notary('a.test/b' as Gun).ca).toBe('/etc/notary.pem');
    const { notary } = await settingsOf({ tlscacert: 'ca.pem' }, { files });
    expect(notary('a.test/b' as Gun).ca).toBe('/project/ca.pem');
  });

  it('of the client: certificate and key come as one, for the registry that they are configured for', async () => {
    const files = configured('a.test', { cert: 'tls/me.pem', key: '/etc/me.key' });
    const { registry } = await settingsOf({}, { files });
    expect(registry('a.test').client).toEqual({
      certificate: '/home/user/.config/dct/tls/me.pem',
      key: '/etc/me.key',
    });
    expect(registry('b.test').client).toBeUndefined();
  });
});

describe('AU-12 DP-10 the accounts of callers', () => {
  it.each([
    { why: 'not by default', entry: {}, callers: false },
    { why: 'not where it says so', entry: { credentials: 'own' }, callers: false },
    { why: 'where it is configured', entry: { credentials: 'caller' }, callers: true },
  ])('$why', async ({ entry, callers }) => {
    const { registry } = await settingsOf({}, { files: configured('a.test', entry) });
    expect([registry('a.test').callers, registry('b.test').callers]).toEqual([callers, false]);
  });
});

describe('a configuration file that is not right', () => {
  const id = 'a'.repeat(64);
  it.each([
    { content: '{', path: '$' },
    { content: '[]', path: '$' },
    { content: '{"registrys":{}}', path: '$.registrys' },
    { content: '{"pins":{},"pins":{}}', path: '$' },
    { content: '{"registries":{"a/B":{}}}', path: '$.registries' },
    { content: '{"registries":{"a":{"plainhttp":true}}}', path: '$.registries.a.plainhttp' },
    { content: '{"registries":{"a":{"plainHttp":"yes"}}}', path: '$.registries.a.plainHttp' },
    { content: '{"registries":{"a":{"notary":""}}}', path: '$.registries.a.notary' },
    { content: '{"registries":{"a":{"realm":"https://b"}}}', path: '$.registries.a.realm' },
    { content: '{"trustPinning":true}', path: '$.trustPinning' },
    { content: '{"pins":{"a.test/b":[]}}', path: '$.pins.a.test/b' },
    { content: '{"pins":{"a.test/b":["abc"]}}', path: '$.pins.a.test/b[0]' },
    { content: '{"pins":{"a.test/b":[{"ca":""}]}}', path: '$.pins.a.test/b[0].ca' },
    { content: '{"pins":{"a.test/b":[{"ca":"a.pem","key":"b.pem"}]}}', path: '$.pins.a.test/b[0]' },
    { content: '{"pins":{"a.test/b":[{}]}}', path: '$.pins.a.test/b[0]' },
    { content: '{"pins":{"a.test/b":[{"cert":"a.pem"}]}}', path: '$.pins.a.test/b[0].cert' },
    { content: `{"pins":{"a.test/b*":["${id}"]}}`, path: '$.pins.a.test/b*' },
    { content: `{"pins":{"*/b":["${id}"]}}`, path: '$.pins.*/b' },
    { content: `{"pins":{"*":["${id}"]}}`, path: '$.pins.*' },
    { content: `{"pins":{"alpine":["${id}"]}}`, path: '$.pins.alpine' },
    { content: `{"pins":{"team/*":["${id}"]}}`, path: '$.pins.team/*' },
    { content: `{"pins":{"a.test/b:1":["${id}"]}}`, path: '$.pins.a.test/b:1' },
    { content: `{"pins":{"a.test/B":["${id}"]}}`, path: '$.pins.a.test/B' },
  ])('$content', async ({ content, path }) => {
    const outcome = await run(['list', 'a.test/b', '--json'], { files: { [configFile]: content } });
    expect(outcome.code).toBe(2);
    expect(errorOf(outcome)).toMatchObject({ code: 'CONFIG_INVALID', facts: { file: configFile, path } });
  });
});
