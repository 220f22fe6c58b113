// Docker: the proxy as the HTTP proxy of the engine, so that image names stay and there is nowhere to fall through to.
import { containerdHosts } from './containerd.ts';
import { commented, type SettingsFile, type SettingsRequest } from './request.ts';

const restart = 'systemctl daemon-reload && systemctl restart docker';

/** For engines with either image store. */
export function dockerSettings({ proxy, registries, ca }: SettingsRequest): readonly SettingsFile[] {
  const dropIn = {
    path: '/etc/systemd/system/docker.service.d/dct.conf',
    text: `${commented(
      'All pulls of the engine go through dct, under unchanged image names.',
      'Not "registry-mirrors": the engine asks the registry itself whenever a mirror refuses (DP-01).',
      'NO_PROXY is empty on purpose: what stands there is pulled without dct. The engine never uses a proxy',
      'for localhost and 127.0.0.0/8; use the name of the proxy in the image name for such registries.',
    )}[Service]
Environment="HTTP_PROXY=${proxy}" "HTTPS_PROXY=${proxy}" "NO_PROXY="
Environment="http_proxy=${proxy}" "https_proxy=${proxy}" "no_proxy="
`,
    then: restart,
  };
  const isHub = (registry: string): boolean => registry === 'docker.io';
  const authorities = registries
    .filter((registry) => !isHub(registry))
    .map((registry) => ({ path: `/etc/docker/certs.d/${registry}/dct-proxy.crt`, text: ca, then: restart }));
  // The engine looks into certs.d for every registry but Docker Hub.
  const system = {
    path: '/usr/local/share/ca-certificates/dct-proxy.crt',
    text: ca,
    then: `update-ca-certificates && ${restart}`,
  };
  return [dropIn, ...authorities, ...(registries.some(isHub) ? [system] : [])];
}

/** For engines whose images are in containerd (`docker info`: io.containerd.snapshotter), without an HTTP proxy. */
export function dockerContainerdSettings(request: SettingsRequest): readonly SettingsFile[] {
  return containerdHosts(request, '/etc/docker/certs.d', restart);
}
