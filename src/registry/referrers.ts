// What refers to a manifest, as a registry tells: by its referrers API, or else by the tag that stands in for it (OCI distribution 1.1).
import { digestAlgorithm, digestHex, type Digest } from '../base/digest.ts';
import { DctError, isDctError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Tag } from '../base/reference.ts';
import { discard, readBounded } from '../http/body.ts';
import type { Ask } from './ask.ts';
import { ociIndex } from './media-types.ts';
import { nextPage } from './next-page.ts';
import { ReferrerIndex, tooManyReferrers } from './referrer-index.ts';
import type { Referrer } from './types.ts';

export interface ReferrersQuestion {
  readonly host: string;
  readonly repository: string;
  readonly subject: Digest;
  readonly signal: AbortSignal | undefined;
  readonly ask: Ask;
  /** The bytes of the manifest that a tag stands for now. */
  readonly tagged: (tag: Tag) => Promise<Uint8Array>;
}

/** How registries say that they have no such API: 404 by the specification, the others as it happens. */
const unsupported = [400, 404, 405, 406];

/** @throws REFERRERS_REFUSED, LIMIT; what `ask` and `tagged` throw */
export async function listReferrers(question: ReferrersQuestion): Promise<readonly Referrer[]> {
  const { host, repository, subject, signal, ask } = question;
  const reference = `${host}/${repository}@${subject}`;
  const index = new ReferrerIndex(subject, reference);
  const asked = { kind: 'repository', repository } as const;
  let path: string | undefined = `/v2/${repository}/referrers/${subject}`;
  for (let page = 0; path !== undefined; page++) {
    if (page === limits.referrerPages) throw tooManyReferrers(reference, 'referrerPages');
    const headers = { accept: ociIndex };
    const accepted = [200, ...unsupported];
    const { response, url } = await ask({ method: 'GET', path, headers, signal, asked, accepted });
    const { status } = response;
    const refuse = (detail: string): DctError =>
      new DctError('REGISTRY_REFUSED', { url: url.origin + url.pathname, status, detail });
    if (status !== 200) {
      await discard(response);
      if (page > 0) throw refuse('its list of referrers breaks off');
      await addTagged(index, question);
      break;
    }
    const what = `the list of what refers to ${reference}`;
    index.addPage(await readBounded(response, limits.referrersBytes, what, 'referrersBytes'));
    const next = nextPage(response.headers['link'], url);
    if (next === 'elsewhere') throw refuse('its list of referrers goes on somewhere else');
    path = next && next.pathname + next.search;
  }
  return index.referrers;
}

/** That there is no such tag means that nothing refers to the subject ("Listing Referrers"). */
async function addTagged(index: ReferrerIndex, { subject, tagged }: ReferrersQuestion): Promise<void> {
  let bytes: Uint8Array;
  try {
    bytes = await tagged(referrersTag(subject));
  } catch (error) {
    if (isDctError(error, 'MANIFEST_UNKNOWN', 'NAME_UNKNOWN')) return;
    throw error;
  }
  index.addPage(bytes);
}

/** `sha256-H`; longer digests are cut ("Referrers Tag Schema"). */
function referrersTag(subject: Digest): Tag {
  return `${digestAlgorithm(subject)}-${digestHex(subject).slice(0, 64)}` as Tag;
}
