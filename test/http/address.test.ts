// Kinds of addresses (AU-02, AU-09) and the choice of a forward proxy (AU-15).
import { describe, expect, it } from 'vitest';
import { addressKind } from '../../src/http/address.ts';
import { proxyFor } from '../../src/http/proxy-choice.ts';

describe('an address is', () => {
  it.each([
    [
      'public',
      [
        '8.8.8.8',
        '172.32.0.1',
        '192.169.0.1',
        '100.128.0.1',
        '2606:4700::1',
        '::ffff:8.8.8.8',
        '64:ff9b::808:808',
        '64:ff9b:1::808:808',
        '64:ff9b:2::7f00:1',
        '::ffff:0:8.8.8.8',
        '2002:808:808::',
      ],
    ],
    [
      'private',
      [
        '10.0.0.1',
        '172.16.0.1',
        '172.31.255.255',
        '192.168.1.1',
        '100.64.0.1',
        'fc00::1',
        'fd12::1',
        '::ffff:10.0.0.1',
        '64:ff9b::a00:1',
        '64:ff9b:1::a00:1',
        '::ffff:0:10.0.0.1',
        '2002:a00:1::',
        '255.255.255.255',
        'ff02::1',
      ],
    ],
    [
      'local',
      [
        '127.0.0.1',
        '127.255.255.255',
        '0.0.0.0',
        '169.254.169.254',
        '::1',
        '::',
        'fe80::1',
        '::ffff:127.0.0.1',
        '::ffff:7f00:1',
        '::127.0.0.1',
        '64:ff9b::7f00:1',
        '64:ff9b:1::7f00:1',
        '64:ff9b:1:2:3:4:7f00:1',
        '::ffff:0:127.0.0.1',
        '2002:7f00:1::',
        '2002:a9fe:a9fe::',
      ],
    ],
  ])('%s', (kind, addresses) => {
    for (const address of addresses) expect([address, addressKind(address)]).toEqual([address, kind]);
  });
});

describe('the proxy for', () => {
  const env = { HTTPS_PROXY: 'http://secure.test:3128', http_proxy: 'plain.test:3128' };
  const proxied = (url: string, more: Record<string, string> = {}): string | undefined =>
    proxyFor(new URL(url), { ...env, ...more })?.host;

  it.each([
    ['https://registry.test/', 'secure.test:3128'],
    ['http://registry.test/', 'plain.test:3128'],
    ['http://localhost:5000/', undefined],
    ['https://127.0.0.2/', undefined],
    ['https://[::1]/', undefined],
  ])('%s', (url, expected) => {
    expect(proxied(url)).toBe(expected);
  });

  it.each([
    ['by TLS', { HTTPS_PROXY: 'https://secure.test' }, 'https://secure.test/'],
    ['none where nothing is set', {}, undefined],
    ['none where only blanks are', { HTTPS_PROXY: ' ' }, undefined],
  ])('https://registry.test/ is %s', (_name, environment, expected) => {
    expect(proxyFor(new URL('https://registry.test/'), environment)?.href).toBe(expected);
  });

  it.each([
    ['*', 'https://registry.test/', true],
    ['registry.test', 'https://registry.test/', true],
    ['registry.test', 'https://a.registry.test/', true],
    ['.registry.test', 'https://a.registry.test/', true],
    ['.registry.test', 'https://registry.test/', false],
    ['*.registry.test', 'https://a.registry.test/', true],
    ['registry.test', 'https://myregistry.test/', false],
    ['REGISTRY.test', 'https://registry.test/', true],
    ['registry.test:443', 'https://registry.test/', true],
    ['registry.test:444', 'https://registry.test/', false],
    ['a.test, , registry.test', 'https://registry.test/', true],
    ['10.0.0.0/8', 'https://10.1.2.3/', true],
    ['10.0.0.0/8', 'https://11.1.2.3/', false],
    ['10.0.0.0/99', 'https://10.1.2.3/', false],
    ['10.1.2.3/32', 'https://10.1.2.3/', true],
    ['10.0.0.0/', 'https://10.1.2.3/', false],
    ['10.0.0.0/x', 'https://10.1.2.3/', false],
    ['10.0.0.0/8', 'https://[2001:db8::1]/', false],
    ['registry.test/8', 'https://registry.test/', false],
    ['2.3', 'https://10.1.2.3/', false],
    ['10.1.2.3', 'https://10.1.2.3/', true],
    ['[2001:db8::1]', 'https://[2001:db8::1]/', true],
    ['2001:db8::/32', 'https://[2001:db8::1]/', true],
    ['', 'https://registry.test/', false],
  ])('NO_PROXY=%s: %s is exempt: %s', (list, url, exempt) => {
    expect(proxied(url, { NO_PROXY: list }) === undefined).toBe(exempt);
  });

  it.each(['socks5://x', 'http://', 'http://me:hidden@['])('%s is refused without repeating it', (value) => {
    const attempt = (): unknown => proxyFor(new URL('https://registry.test/'), { HTTPS_PROXY: value });
    expect(attempt).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    expect(attempt).not.toThrow(/hidden/);
  });
});
