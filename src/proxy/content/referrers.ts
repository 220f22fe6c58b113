// The list of what refers to a manifest: the registry's word, written anew, and signed by nobody (MF-14, PX-15).
import { utf8 } from '../../base/bytes.ts';
import { ociIndex, type Referrer } from '../../registry/index.ts';
import type { Exchange } from '../serve/exchange.ts';

/**
 * Answers with all of them in one index, or with those of one type (OCI distribution 1.1, "Listing Referrers"). The filter is ours,
 * so that nobody has to believe that a registry applied it.
 */
export function sendReferrers(
  exchange: Exchange,
  referrers: readonly Referrer[],
  artifactType: string | undefined,
): void {
  const manifests =
    artifactType === undefined
      ? referrers
      : referrers.filter((referrer) => referrer.artifactType === artifactType);
  const filtered = artifactType === undefined ? {} : { 'OCI-Filters-Applied': 'artifactType' };
  const body = utf8(`${JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests })}\n`);
  exchange.send(200, { 'Content-Type': ociIndex, ...filtered }, body);
}
