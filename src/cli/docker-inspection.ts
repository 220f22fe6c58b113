// Trust data as `docker trust inspect` shows it: the same members, the same order, the same peculiarities.
import { toHex } from '../base/bytes.ts';
import {
  canonicalKeyId,
  pathsAllow,
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
  const entries = [...signedEntries(repository)].filter((entry) => tag === undefined || entry.name === tag);
  const key = ({ name, digest }: Entry): string => `${digest} ${name}`;
  for (const entry of entries.filter(({ role }) => isReleasing(role))) {
    rows.set(key(entry), { SignedTag: entry.name, Digest: entry.digest, Signers: [] });
  }
  for (const entry of entries.filter(({ role }) => !isReleasing(role))) {
    rows.get(key(entry))?.Signers.push(signerName(entry.role));
  }
  for (const row of rows.values()) if (row.Signers.length === 0) row.Signers.push(repositoryAdmin);
  return [...rows.values()].sort((a, b) => naturalOrder(a.SignedTag, b.SignedTag));
}

interface Entry {
  readonly role: string;
  readonly name: string;
  /** Hexadecimal; empty when no sha256 was signed, as Docker shows it. */
  readonly digest: string;
}

/** Every signed tag of every role, in the order of the roles, as far as the role may speak for that name. */
function* signedEntries(repository: TrustedRepository): Generator<Entry> {
  const paths = new Map(
    declared(repository).map((delegation) => [delegation.name as string, delegation.paths]),
  );
  for (const [role, { targets }] of documents(repository)) {
    for (const [name, meta] of targets) {
      if (!mayName(role, name, paths)) continue;
      yield { role, name, digest: toHex(meta.hashes.get('sha256') ?? new Uint8Array()) };
    }
  }
}

/** A delegation speaks for a name when it and every role above it were given a prefix of that name. */
function mayName(role: string, name: string, paths: ReadonlyMap<string, readonly string[]>): boolean {
  if (role === 'targets') return true;
  return (
    pathsAllow(paths.get(role) ?? [], name) && mayName(role.slice(0, role.lastIndexOf('/')), name, paths)
  );
}

function documents({ targets, delegations }: TrustedRepository): readonly (readonly [string, Targets])[] {
  const below = [...delegations].map(([role, { data }]) => [role, data] as const);
  return [['targets', targets.data], ...below];
}

/** Delegations at every level. */
function declared(repository: TrustedRepository): readonly Delegation[] {
  return documents(repository).flatMap(([, { delegations }]) => delegations);
}

/** Who may sign, whether they did or not, with canonical key ids: those under which private keys are filed. */
function signers(repository: TrustedRepository): readonly KeyHolder[] {
  return documents(repository)
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
