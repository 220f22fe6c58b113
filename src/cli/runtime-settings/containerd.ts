// Containerd: one hosts.toml for each registry, in which the proxy is the only host and the last resort too.
import { commented, type SettingsFile, type SettingsRequest } from './request.ts';

const restart = 'systemctl restart containerd';

/** With the setting that makes its CRI plugin read them, for Kubernetes. */
export function containerdSettings(request: SettingsRequest): readonly SettingsFile[] {
  return [...containerdHosts(request, '/etc/containerd/certs.d', 'nothing: it is read at every pull'), cri];
}

/** @param directory where the runtime looks for a directory of each registry */
export function containerdHosts(
  { proxy, registries, refuseOthers }: SettingsRequest,
  directory: string,
  then: string,
): readonly SettingsFile[] {
  const text = `${commented(
    'The proxy stands for the registry: as its server, and as its only host.',
    'Without "server", containerd asks the registry itself whenever a host refuses (DP-02). Without the [host]',
    'table, containerd 1.6 asks the registry itself at once.',
  )}server = "${proxy}"

[host."${proxy}"]
  capabilities = ["pull", "resolve"]
`;
  const others = refuseOthers ? ['_default'] : [];
  return [...registries, ...others].map((name) => ({ path: `${directory}/${name}/hosts.toml`, text, then }));
}

const cri: SettingsFile = {
  path: '/etc/containerd/conf.d/50-dct.toml',
  text: `${commented(
    'Lets the CRI plugin (Kubernetes) read the directory. Containerd reads this file only if config.toml has',
    'imports = ["/etc/containerd/conf.d/*.toml"]. Version 2.x: version = 3 and',
    "[plugins.'io.containerd.cri.v1.images'.registry].",
  )}version = 2

[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "/etc/containerd/certs.d"
`,
  then: restart,
};
