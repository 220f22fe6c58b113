// The settings that `dct proxy config` writes: none of them leaves a way past the proxy.
import { describe, expect, it } from 'vitest';
import { runtimeNames, settingsFor } from '../../src/cli/runtime-settings/settings-for.ts';
import type { SettingsRequest } from '../../src/cli/runtime-settings/request.ts';
import { codeOf } from '../support/code-of.ts';

const request: SettingsRequest = {
  proxy: 'http://127.0.0.1:5001',
  registries: ['registry.test:5000'],
  ca: 'PEM\n',
  refuseOthers: false,
};
const settings = (text: string): string => text.replaceAll(/^#.*$/gm, '');

describe('every runtime', () => {
  it.each(runtimeNames)('%s: has the proxy in its settings, and no mirror', (runtime) => {
    const text = settingsFor[runtime](request)
      .map((file) => settings(file.text))
      .join('');
    expect(text).toContain('127.0.0.1:5001');
    expect(text).not.toMatch(/mirror/i);
  });
});

describe('docker', () => {
  it('DP-01: leaves nothing to NO_PROXY, and trusts the authority for each registry', () => {
    const files = settingsFor.docker({ ...request, registries: ['a.test', 'b.test:5000', 'docker.io'] });
    expect(files[0]?.text).toContain('"NO_PROXY="');
    // The engine looks into certs.d for every registry but Docker Hub.
    expect(files.slice(1).map(({ path, text }) => [path, text])).toEqual([
      ['/etc/docker/certs.d/a.test/dct-proxy.crt', 'PEM\n'],
      ['/etc/docker/certs.d/b.test:5000/dct-proxy.crt', 'PEM\n'],
      ['/usr/local/share/ca-certificates/dct-proxy.crt', 'PEM\n'],
    ]);
  });
});

describe('DP-02, DP-03: containerd', () => {
  it.each(['containerd', 'docker-containerd'] as const)(
    'DP-02: %s has the proxy as server and as the only host',
    (runtime) => {
      const files = settingsFor[runtime]({ ...request, refuseOthers: true }).filter(({ path }) =>
        path.endsWith('hosts.toml'),
      );
      expect(files.map(({ path }) => path.split('/').at(-2))).toEqual(['registry.test:5000', '_default']);
      for (const { text } of files) {
        expect(text).toMatch(/^server = "http:\/\/127\.0\.0\.1:5001"$/m);
        expect(text.match(/^\[host\./gm)).toHaveLength(1);
      }
    },
  );
});

describe('compose', () => {
  it.each([
    ['two registries, of which one would be left out', { registries: ['a.test', 'b.test'] }],
    ['what no compose file can do', { refuseOthers: true }],
  ])('refuses %s', (_what, change) => {
    expect(codeOf(() => settingsFor.compose({ ...request, ...change }))).toBe('USAGE');
  });

  it('DP-08: asks again for images that are here already', () => {
    expect(settingsFor.compose(request)[0]?.text).toContain('pull_policy: always');
  });
});

describe('podman and cri-o', () => {
  it.each(['podman', 'cri-o'] as const)('%s: DP-04: the location itself is the proxy', (runtime) => {
    const [file] = settingsFor[runtime](request);
    expect(
      settings(file?.text ?? '')
        .trim()
        .split('\n'),
    ).toEqual([
      '[[registry]]',
      'prefix = "registry.test:5000"',
      'location = "127.0.0.1:5001"',
      'insecure = true',
    ]);
  });

  it('are not told to speak plain HTTP to a proxy with TLS', () => {
    const [file] = settingsFor.podman({ ...request, proxy: 'https://dct.test' });
    expect(file?.text).not.toContain('insecure');
  });

  it.each([
    ['two registries, which a rewritten request does not tell apart', { registries: ['a.test', 'b.test'] }],
    ['what registries.conf cannot do', { refuseOthers: true }],
  ])('refuse %s', (_what, change) => {
    expect(codeOf(() => settingsFor.podman({ ...request, ...change }))).toBe('USAGE');
  });
});
