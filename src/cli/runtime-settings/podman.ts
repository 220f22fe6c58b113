// Podman, Skopeo, Buildah and CRI-O: the registry's name is rewritten to the address of the proxy.
import { DctError } from '../../base/errors.ts';
import { commented, hostOf, type SettingsFile, type SettingsRequest } from './request.ts';

/**
 * For Podman, Skopeo and Buildah.
 * @throws USAGE for several registries: nothing in a rewritten request names the registry that was meant
 */
export function podmanSettings(request: SettingsRequest): readonly SettingsFile[] {
  return [rewrite(request, 'nothing: it is read at every pull')];
}

/** @throws USAGE as `podmanSettings` */
export function crioSettings(request: SettingsRequest): readonly SettingsFile[] {
  return [rewrite(request, 'systemctl reload crio')];
}

function rewrite({ proxy, registries, refuseOthers }: SettingsRequest, then: string): SettingsFile {
  const [registry = '', ...more] = registries;
  if (more.length > 0)
    throw new DctError('USAGE', {
      problem: 'these settings are for one registry: a rewritten request does not tell which one was meant',
      hint: 'Run one proxy for each registry, and write the settings for each.',
    });
  if (refuseOthers)
    throw new DctError('USAGE', {
      problem: 'registries.conf cannot refuse every other registry',
      hint: 'Refuse them in /etc/containers/policy.json, with the default "reject".',
    });
  const text = `${commented(
    'Names of the registry are rewritten to the proxy, and no other place is ever asked.',
    'Not [[registry.mirror]]: when a mirror refuses, the location itself is asked (DP-04).',
  )}[[registry]]
prefix = "${registry}"
location = "${hostOf(proxy)}"
`;
  return {
    path: `/etc/containers/registries.conf.d/50-dct-${registry.replaceAll(/[^A-Za-z0-9.]/g, '-')}.conf`,
    text: proxy.startsWith('http:') ? `${text}insecure = true\n` : text,
    then,
  };
}
