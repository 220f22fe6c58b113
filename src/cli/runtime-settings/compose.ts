// Compose: services whose images are pulled under the proxy's own name.
import { DctError } from '../../base/errors.ts';
import { commented, hostOf, type SettingsFile, type SettingsRequest } from './request.ts';

/**
 * A file of one's own beside compose.yaml.
 * @throws USAGE for several registries: under the proxy's own name only its first one is served
 */
export function composeSettings({
  proxy,
  registries,
  refuseOthers,
}: SettingsRequest): readonly SettingsFile[] {
  const [registry, ...more] = registries;
  if (more.length > 0)
    throw new DctError('USAGE', {
      problem: "these settings are for one registry: the proxy's own name stands for its first one only",
      hint: 'Run one proxy for each registry, or use the settings of docker.',
    });
  if (refuseOthers)
    throw new DctError('USAGE', {
      problem: 'compose files cannot refuse every other registry',
      hint: 'Use the settings of docker, which hold for Compose too.',
    });
  const text = `${commented(
    `Write the proxy where ${String(registry)} stands in image names; the engine then knows no other place to ask.`,
    'A mirror in the settings of the engine would not do: whatever it refuses is pulled from the registry (DP-01).',
    'The engine takes plain HTTP for 127.0.0.0/8 only; elsewhere the proxy needs TLS.',
  )}services:
  app:
    image: ${hostOf(proxy)}/team/app:1.0
    # An image that is here already is not asked for again (DP-08).
    pull_policy: always
`;
  return [{ path: '/compose.override.yaml', text, then: 'docker compose up --pull always' }];
}
