// Names of registries as the command line gives them, with --registry.
import { DctError } from '../base/errors.ts';
import { isRegistryHost } from '../base/reference.ts';

/** @throws USAGE for none, and for a name that no image could have */
export function registryHosts(names: readonly string[]): readonly string[] {
  if (names.length === 0)
    throw new DctError('USAGE', {
      problem: 'a registry is missing',
      hint: 'Name one with --registry HOST[:PORT].',
    });
  const wrong = names.find((name) => !isRegistryHost(name));
  if (wrong === undefined) return names;
  throw new DctError('USAGE', {
    problem: `--registry "${wrong}" is not HOST[:PORT]`,
    hint: 'Write it as it stands in image names.',
  });
}
