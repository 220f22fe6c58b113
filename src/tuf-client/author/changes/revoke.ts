// Revoking tags: out of every role that pullers read, and out of every other role whose key is here (P-05, P-20).
import { DctError } from '../../../base/errors.ts';
import { roleNames } from '../../model/index.ts';
import { canSign } from '../bench.ts';
import { authorityIn, contentOf, withFile } from '../content.ts';
import { withoutTags } from '../edits/tags.ts';
import type { Desk, Proposal } from './proposal.ts';

export interface Revocation {
  /** Left out: everything that is signed. */
  readonly tags?: readonly string[] | undefined;
}

/**
 * @throws NOT_SIGNED for a tag that no role has, or a repository without tags. Without the keys of a role that pullers read,
 * signing it throws KEY_MISSING: the tag would stay what it is.
 */
export async function revoke(desk: Desk, { tags }: Revocation): Promise<Proposal> {
  const { gun, repository } = desk;
  const before = contentOf(repository);
  const roles = [...before.targets];
  const signed = new Set(roles.flatMap(([, file]) => [...file.targets.keys()]));
  const wanted = new Set(tags ?? signed);
  const unknown = [...wanted].find((tag) => !signed.has(tag));
  if (unknown !== undefined || wanted.size === 0)
    throw new DctError('NOT_SIGNED', {
      gun,
      tag: unknown ?? '*',
      roles: roles.map(([role]) => role).join(', '),
    });

  let content = before;
  const remarks: string[] = [];
  for (const [role, file] of roles) {
    const present = [...wanted].filter((tag) => file.targets.has(tag));
    if (present.length === 0) continue;
    const isRead = role === roleNames.targets || role === roleNames.releases;
    if (isRead || (await canSign(desk, authorityIn(before, role))))
      content = withFile(content, role, withoutTags(file, wanted));
    else
      remarks.push(`${present.join(', ')} stays in ${role}, whose key is not here; nobody pulls from there`);
  }
  return { content, remarks };
}
