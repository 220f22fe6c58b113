// `dct list --expiry`: when every role and every root certificate ends, and what is near its end.
import { instantAt } from '../../base/instant.ts';
import type { Context } from '../context.ts';
import { certificateEnds, roleEnds, showEnd } from '../expiry.ts';
import type { FreshnessOptions } from '../freshness.ts';
import { repository } from '../images.ts';
import { table } from '../table.ts';
import { trustData } from '../trust-data.ts';

/** Near means less than six months (dialect 2.4). @throws the errors of `trustData` */
export async function listExpiry(
  context: Context,
  text: string,
  options: FreshnessOptions = {},
): Promise<void> {
  const { isNearEnd } = await import('../../tuf-client/author/index.ts');
  const { gun } = repository(text, 'list');
  const trusted = await trustData(context, gun, options);
  const now = context.io.clock.now();
  const isNear = (ends: number | undefined): boolean => ends !== undefined && isNearEnd(instantAt(ends), now);

  const roles = roleEnds(trusted).map(({ role, version, ends }) => ({
    role,
    version,
    expires: showEnd(ends),
    // The server signs timestamps again by itself, every few days.
    nearEnd: role !== 'timestamp' && isNear(ends),
  }));
  const rootCertificates = (await certificateEnds(trusted)).map(({ certificateId, keyId, ends }) => ({
    certificateId,
    keyId,
    expires: showEnd(ends),
    nearEnd: isNear(ends),
  }));
  const rows = [
    ...roles.map(({ role, ...end }) => ({ what: role, ...end })),
    ...rootCertificates.map(({ certificateId, ...end }) => ({
      what: `root certificate ${certificateId}`,
      ...end,
    })),
  ].map(({ what, expires, nearEnd }) => [what, expires ?? 'unusable', ...(nearEnd ? ['near its end'] : [])]);
  context.console.emit({
    lines: table([['WHAT', 'EXPIRES'], ...rows]),
    data: { gun, roles, rootCertificates },
  });
}
