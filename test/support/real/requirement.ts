// Which real programs a test needs, and what happens when one of them is not installed.
import { describe, expect, it } from 'vitest';
import { isInstalled } from './search-path.ts';

export type Program =
  | 'bash'
  | 'ctr'
  | 'dbus-run-session'
  | 'debootstrap'
  | 'docker'
  | 'docker-compose'
  | 'docker-registry'
  | 'dockerd'
  | 'fish'
  | 'gnome-keyring-daemon'
  | 'ip'
  | 'nginx'
  | 'notary'
  | 'notary-server'
  | 'openssl'
  | 'podman'
  | 'script'
  | 'skopeo'
  | 'unshare'
  | 'zsh';

/** Programs that only the superuser can run to any purpose. */
const forRoot: readonly Program[] = ['ctr', 'dockerd', 'podman'];

/**
 * A `describe` for tests against real programs. On a machine without one of them the tests are skipped and the title
 * says why; where `CI` is set they fail, so that a broken installation never looks like a pass.
 */
export function describeReal(programs: readonly Program[], name: string, tests: () => void): void {
  const missing = programs.filter((program) => !isInstalled(program));
  const forbidden = process.getuid?.() === 0 ? [] : programs.filter((program) => forRoot.includes(program));
  if (missing.length === 0 && forbidden.length === 0) {
    describe(name, tests);
    return;
  }
  const reason =
    missing.length > 0 ? `not installed: ${missing.join(', ')}` : `only for root: ${forbidden.join(', ')}`;
  if (process.env['CI'] === undefined || process.env['CI'] === '') {
    describe.skip(`${name} [${reason}]`, tests);
    return;
  }
  describe(name, () => {
    it('finds the programs that it runs against', () => {
      expect.fail(reason);
    });
  });
}
