// Trust data as `docker trust inspect` shows it: the same members, the same order, the same peculiarities.
import { toHex } from '../base/bytes.ts';
import {
  canonicalKeyId,
  signedEntries,
  targetsDocuments,
  type Delegation,
  type Targets,
  type TrustedRepository,
} from '../tuf-client/index.ts';
import { compareText, naturalOrder } from './natural-order.ts';

/** One element of the JSON array; member names are Docker's. */
export interface DockerInspection {
  readonly Name: string;
  /** In natural order. Digests without algorithm; a tag is here twice when two releasing roles disagree about it. */
  readonly SignedTags: readonly {
    readonly SignedTag: string;
    readonly Digest: string;
    readonly Signers: readonly string[];
  }[];
  /** In descending order of names. */
  readonly Signers: readonly KeyHolder[];
  /** `Root`, then `Repository`. */
  readonly AdministrativeKeys: readonly KeyHolder[];
}

export interface KeyHolder {
  readonly Name: string;
  readonly Keys: readonly { readonly ID: string }[];
}

const noBytes = new Uint8Array();

/** What Docker calls a signature by `targets` or `targets/releases` alone. */
export const repositoryAdmin = 'Repo Admin';

interface SignedTag {
  readonly SignedTag: string;
  readonly Digest: string;
  readonly Signers: string[];
}

/** @param name the argument as it was typed @param tag only this one */
export function dockerInspection(
  name: string,
  repository: TrustedRepository,
  tag?: string,
): DockerInspection {
  const { root } = repository;
  return {
    Name: name,
    SignedTags: signedTags(repository, tag),
    Signers: signers(repository),
    AdministrativeKeys: [
      holder('Root', root.data.roles.root.keyIds),
      holder('Repository', root.data.roles.targets.keyIds),
    ],
  };
}

function signedTags(repository: TrustedRepository, tag: string | undefined): readonly SignedTag[] {
  const rows = new Map<string, SignedTag>();
  // The digest is empty when no sha256 was signed, as Docker shows it.
  const entries = [...signedEntries(repository)]
    .filter(({ name }) => tag === undefined || name === tag)
    .map(({ role, name, meta }) => ({ role, name, digest: toHex(meta.hashes.get('sha256') ?? noBytes) }));
  for (const { name, digest } of entries.filter(({ role }) => isReleasing(role))) {
    rows.set(`${digest} ${name}`, { SignedTag: name, Digest: digest, Signers: [] });
  }
  for (const { role, name, digest } of entries.filter((entry) => !isReleasing(entry.role))) {
    rows.get(`${digest} ${name}`)?.Signers.push(signerName(role));
  }
  for (const row of rows.values()) if (row.Signers.length === 0) row.Signers.push(repositoryAdmin);
  return [...rows.values()].sort((a, b) => naturalOrder(a.SignedTag, b.SignedTag));
}

/** Who may sign, whether they did or not, with canonical key ids: those under which private keys are filed. */
function signers(repository: TrustedRepository): readonly KeyHolder[] {
  return targetsDocuments(repository)
    .flatMap(([, document]) =>
      document.delegations
        .filter(({ name }) => !isReleasing(name))
        .map(({ name, keyIds }) =>
          holder(
            signerName(name),
            keyIds.map((id) => canonicalIdIn(document, id)),
          ),
        ),
    )
    .sort((a, b) => compareText(b.Name, a.Name));
}

function canonicalIdIn(document: Targets, id: Delegation['keyIds'][number]): string {
  const key = document.delegationKeys.get(id);
  return (key && canonicalKeyId(key)) ?? id;
}

function holder(name: string, keyIds: readonly string[]): KeyHolder {
  return { Name: name, Keys: keyIds.map((id) => ({ ID: id })) };
}

function isReleasing(role: string): boolean {
  return role === 'targets' || role === 'targets/releases';
}

function signerName(role: string): string {
  return role.slice('targets/'.length);
}
