// Trust repositories made by docker trust and notary, and what these two tools read back from one.
import { join } from 'node:path';
import { succeeds, type User } from './clients.ts';

/** A manifest's digest and size: what a signed tag stands for. */
export interface Signable {
  readonly digest: string;
  readonly size: number;
}

export interface NotaryRepositoryOptions {
  /** `local` is what `notary init` does by itself; `server` is what docker does. */
  readonly snapshotKey: 'local' | 'server';
  readonly tags: Readonly<Record<string, Signable>>;
}

/** Initialises a repository with `notary init` and signs tags into `targets`. */
export async function createNotaryRepository(
  owner: User,
  repository: string,
  { snapshotKey, tags }: NotaryRepositoryOptions,
): Promise<void> {
  await succeeds(owner.notary(['init', '--publish', repository]));
  if (snapshotKey === 'server')
    await succeeds(owner.notary(['key', 'rotate', repository, 'snapshot', '--server-managed']));
  await addTargets(owner, repository, tags, ['targets']);
}

export interface DockerRepositoryOptions {
  readonly signer: string;
  readonly tags: Readonly<Record<string, Signable>>;
}

/**
 * Initialises a repository with `docker trust signer add` and signs tags with `docker trust sign`, which needs an engine
 * only for tags that nobody signed yet: notary lends each a first signature in the released role.
 */
export async function createDockerRepository(
  owner: User,
  repository: string,
  { signer, tags }: DockerRepositoryOptions,
): Promise<void> {
  await succeeds(owner.dockerTrust(['key', 'generate', signer, '--dir', owner.home]));
  const publicKey = join(owner.home, `${signer}.pub`);
  await succeeds(owner.dockerTrust(['signer', 'add', '--key', publicKey, signer, repository]));
  await addTargets(owner, repository, tags, ['targets/releases']);
  for (const tag of Object.keys(tags)) await succeeds(owner.dockerTrust(['sign', `${repository}:${tag}`]));
}

/** Signs tags into `roles` with `notary addhash --publish`. */
export async function addTargets(
  owner: User,
  repository: string,
  tags: Readonly<Record<string, Signable>>,
  roles: readonly string[],
): Promise<void> {
  for (const [tag, { digest, size }] of Object.entries(tags)) {
    const hash = ['--sha256', digest.replace('sha256:', '')];
    const flags = roles.flatMap((role) => ['--roles', role]);
    await succeeds(owner.notary(['addhash', '--publish', repository, tag, String(size), ...hash, ...flags]));
  }
}

/** A row of `notary list`. */
export interface SignedTag {
  readonly tag: string;
  readonly digest: string;
  readonly size: number;
  readonly role: string;
}

/** What `notary list` shows, sorted by tag. */
export async function signedTags(reader: User, repository: string): Promise<readonly SignedTag[]> {
  const { stdout } = await succeeds(reader.notary(['list', repository]));
  const rows = stdout.matchAll(/^(?<tag>\S+) +(?<hex>[0-9a-f]{64}) +(?<size>\d+) +(?<role>\S+)$/gmu);
  return [...rows]
    .map(({ groups }) => ({
      tag: groups?.['tag'] ?? '',
      digest: `sha256:${groups?.['hex'] ?? ''}`,
      size: Number(groups?.['size']),
      role: groups?.['role'] ?? '',
    }))
    .sort((a, b) => a.tag.localeCompare(b.tag));
}

/** A signed tag as `docker trust inspect` shows it. */
export interface InspectedTag {
  readonly tag: string;
  readonly digest: string;
  readonly signers: readonly string[];
}

interface Inspection {
  readonly SignedTags: readonly {
    readonly SignedTag: string;
    readonly Digest: string;
    readonly Signers: string[];
  }[];
}

/** What `docker trust inspect` shows. */
export async function inspectedTags(reader: User, repository: string): Promise<readonly InspectedTag[]> {
  const { stdout } = await succeeds(reader.dockerTrust(['inspect', repository]));
  const [inspection] = JSON.parse(stdout) as readonly Inspection[];
  return (inspection?.SignedTags ?? []).map(({ SignedTag, Digest, Signers }) => ({
    tag: SignedTag,
    digest: `sha256:${Digest}`,
    signers: Signers,
  }));
}
