// What a CONNECT may lead to: registries by their own name and port, hosts that the operator named, and nothing else.
import { describe, expect, it } from 'vitest';
import { namesOrigin, TunnelTargets } from '../../../src/proxy/serve/tunnel-target.ts';
import { codeOf } from '../../support/code-of.ts';

const registries = ['registry.test:5000', 'mirror.test', 'docker.io', '[::1]:5000'];
const rules = { hosts: ['login.test', 'metrics.test:8443'], others: false };
const targets = new TunnelTargets(registries, rules);
const open = new TunnelTargets(registries, { ...rules, others: true });

describe('a tunnel to a registry', () => {
  it.each([
    ['registry.test:5000', 'registry.test:5000'],
    ['mirror.test:443', 'mirror.test'],
    ['MIRROR.test:443', 'mirror.test'],
    ['[::1]:5000', '[::1]:5000'],
    ['registry-1.docker.io:443', 'docker.io'],
    ['index.docker.io:443', 'docker.io'],
    ['docker.io:443', 'docker.io'],
  ])('CONNECT %s is for %s', (target, registry) => {
    expect(targets.find(target, target)).toMatchObject({ origin: { registry } });
    expect(open.find(target, undefined)).toMatchObject({ origin: { registry } });
  });

  it('is only opened to registries that can be told apart', () => {
    const twins = ['mirror.test', 'mirror.test:443'];
    expect(codeOf(() => new TunnelTargets(twins, rules))).toBe('USAGE');
  });
});

describe('a tunnel to another host', () => {
  it.each(['login.test:443', 'metrics.test:8443'])('%s is opened when it was named', (target) => {
    const [host, port] = target.split(':');
    expect(targets.find(target, target)).toEqual({ passage: { host, port: Number(port) } });
  });

  it('goes to public addresses only, when nobody named it', () => {
    expect(open.find('example.test:443', undefined)).toEqual({
      passage: { host: 'example.test', port: 443, reach: 'public' },
    });
  });

  it.each([
    'example.test:443',
    'auth.docker.io:443',
    'login.test:22',
    'mirror.test:5000',
    'registry.test:443',
    'constructor:443',
  ])('%s is refused by default', (target) => {
    expect(codeOf(() => targets.find(target, target))).toBe('TUNNEL_REFUSED');
  });

  it.each([
    ['another port than that of TLS', 'example.test:25'],
    ["another port of a registry's host", 'registry.test:443'],
    ["a registry's host in capitals", 'REGISTRY.test:443'],
    ['another port of Docker Hub', 'registry-1.docker.io:80'],
  ])('%s is refused whatever is allowed', (_name, target) => {
    expect(codeOf(() => open.find(target, target))).toBe('TUNNEL_REFUSED');
  });

  it.each(['mirror.test:8443', 'registry-1.docker.io', 'not a host', 'http://login.test'])(
    '%s cannot be named as one that passes unseen',
    (host) => {
      expect(codeOf(() => new TunnelTargets(registries, { hosts: [host], others: false }))).toBe('USAGE');
    },
  );
});

describe('PX-02: a target with two readings is refused', () => {
  it.each([
    ['no port', 'mirror.test', 'mirror.test'],
    ['a scheme', 'https://mirror.test:443', 'mirror.test:443'],
    ['a path', 'mirror.test:443/v2/', 'mirror.test:443'],
    ['a user', 'user@mirror.test:443', 'mirror.test:443'],
    ['a dot at the end', 'mirror.test.:443', 'mirror.test.:443'],
    ['a port of its own kind', 'mirror.test:0443000', 'mirror.test:0443000'],
    ['another Host', 'mirror.test:443', 'registry.test:5000'],
    ['a Host without the port', 'mirror.test:443', 'mirror.test'],
  ])('%s', (_name, target, host) => {
    expect(codeOf(() => open.find(target, host))).toBe('REQUEST_TARGET_INVALID');
  });
});

describe('a Host header inside of the tunnel', () => {
  const plain = { registry: 'mirror.test', host: 'mirror.test', port: 443 };
  const withPort = { registry: 'registry.test:5000', host: 'registry.test', port: 5000 };

  it.each([
    [plain, 'mirror.test', true],
    [plain, 'Mirror.test:443', true],
    [plain, 'mirror.test:80', false],
    [plain, 'registry.test:5000', false],
    [plain, undefined, false],
    [plain, 'mirror.test@evil.test', false],
    [plain, `mirror.test:${'443'.padStart(300, '0')}`, false],
    [withPort, 'registry.test:5000', true],
    [withPort, 'registry.test', false],
  ])('of %j: %s is it: %s', (origin, host, named) => {
    expect(namesOrigin(host, origin)).toBe(named);
  });
});
