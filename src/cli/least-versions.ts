// The least versions that a machine without a memory insists on: `--min-version ROLE=N`, for CI that starts from nothing (RB-08).
import { DctError } from '../base/errors.ts';
import { asRoleName, roleNames } from '../tuf-client/index.ts';
import type { RoleName, TrustedRepository } from '../tuf-client/index.ts';

/** As the command line gave them. */
export interface LeastVersionOptions {
  readonly minVersion?: readonly string[];
}

/** The version asked for by role. @throws USAGE */
export function leastVersions({ minVersion = [] }: LeastVersionOptions): ReadonlyMap<RoleName, number> {
  return new Map(
    minVersion.map((text) => {
      const [, name = '', digits = ''] = /^([^=]+)=([1-9]\d{0,15})$/.exec(text) ?? [];
      const role = asRoleName(name);
      const version = Number(digits);
      if (role === undefined || !Number.isSafeInteger(version) || version < 1)
        throw new DctError('USAGE', {
          problem: `--min-version ${text} is not a role and a version`,
          hint: 'Write it as in --min-version targets=12; `dct verify` prints the versions of today.',
        });
      return [role, version] as const;
    }),
  );
}

/** @throws ROLLBACK, from version 0 where the role is not there or cannot be used */
export function checkLeastVersions(trusted: TrustedRepository, least: ReadonlyMap<RoleName, number>): void {
  const { gun, root, timestamp, snapshot, targets, delegations } = trusted;
  const versions = new Map([
    [roleNames.root, root.data.version],
    [roleNames.timestamp, timestamp.data.version],
    [roleNames.snapshot, snapshot.data.version],
    [roleNames.targets, targets.data.version],
    ...[...delegations].map(([role, { data }]) => [role, data.version] as const),
  ]);
  for (const [role, version] of least) {
    const offered = versions.get(role) ?? 0;
    if (offered < version) throw new DctError('ROLLBACK', { gun, role, trusted: version, offered });
  }
}
