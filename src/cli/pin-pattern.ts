// The patterns of pins: a repository, or everything below a host or a path, written in full as GUNs are.
import { DctError } from '../base/errors.ts';
import { parseReference } from '../base/reference.ts';

/**
 * The pattern as it stands in the configuration: `alpine` as `docker.io/library/alpine`, `team/*` as `docker.io/team/*`.
 * @throws REFERENCE_INVALID; USAGE for tags and digests
 */
export function fullPattern(text: string): string {
  if (text.endsWith('/*')) {
    // Two components more, because Docker Hub adds one of its own to the first.
    const { gun } = parseReference(`${text.slice(0, -2)}/x/x`);
    return `${gun.slice(0, -'/x/x'.length)}/*`;
  }
  const { gun, tag, digest } = parseReference(text);
  if (tag === undefined && digest === undefined) return gun;
  throw new DctError('USAGE', {
    problem: `pins are about whole repositories, and "${text}" names a ${tag === undefined ? 'digest' : 'tag'}`,
    hint: `Name the repository: ${gun}`,
  });
}
