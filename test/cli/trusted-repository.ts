// Verified trust data, made up: what the verify door would answer for a repository with these tags and signers.
import { createHash } from 'node:crypto';
import { utf8 } from '../../src/base/bytes.ts';
import { instantAt } from '../../src/base/instant.ts';
import { parseReference } from '../../src/base/reference.ts';
import { now } from './support.ts';
import type {
  Delegation,
  FileMeta,
  KeyId,
  PublicKey,
  Role,
  RoleName,
  Targets,
} from '../../src/tuf-client/model/index.ts';
import type { Trusted, TrustedRepository } from '../../src/tuf-client/types.ts';

export interface Outline {
  readonly gun?: string;
  /** Role to tags to content; the digest is the hash of that content. */
  readonly tags?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Delegations in the order of declaration, with the ids of their keys. */
  readonly signers?: Readonly<Record<string, readonly KeyId[]>>;
  readonly rootKeys?: readonly KeyId[];
  readonly repositoryKeys?: readonly KeyId[];
  /** Prefixes of target names that delegations may sign; everything when left out. */
  readonly paths?: Readonly<Record<string, readonly string[]>>;
  readonly facts?: Partial<
    Pick<
      TrustedRepository,
      'confirmedAt' | 'firstContact' | 'origin' | 'outage' | 'trustedSince' | 'unusable'
    >
  >;
}

const expires = instantAt(Date.UTC(2031, 5, 7, 8, 9, 10));

/** A recognisable key id: its first digits are the given ones. */
export function id(digits: string): KeyId {
  return digits.padEnd(64, '0') as KeyId;
}

export function hex(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Unless told otherwise: one root key, one repository key, nothing signed. */
export function trustedRepository(outline: Outline = {}): TrustedRepository {
  const { tags = {}, signers = {}, rootKeys = [id('aa')], repositoryKeys = [id('bb')], facts } = outline;
  const names = Object.keys(signers).map((name) => name as RoleName);
  const childrenOf = (parent: string) =>
    names
      .filter((name) => name.slice(0, name.lastIndexOf('/')) === parent)
      .map((name): Delegation => ({
        ...role(name, signers[name] ?? []),
        paths: outline.paths?.[name] ?? [''],
      }));
  const document = (name: string): Trusted<Targets> => {
    const delegations = childrenOf(name);
    return trusted({
      targets: new Map(Object.entries(tags[name] ?? {}).map(([tag, content]) => [tag, meta(content)])),
      delegations,
      delegationKeys: keyTable(delegations.flatMap(({ keyIds }) => keyIds)),
    });
  };
  return {
    gun: parseReference(outline.gun ?? 'registry.test/app').gun,
    root: trusted({
      keys: keyTable([...rootKeys, ...repositoryKeys]),
      roles: {
        root: role('root', rootKeys),
        targets: role('targets', repositoryKeys),
        snapshot: role('snapshot', [id('cc')]),
        timestamp: role('timestamp', [id('dd')]),
      },
    }),
    timestamp: trusted({ snapshot: meta('snapshot') }),
    snapshot: trusted({ meta: new Map() }),
    targets: document('targets'),
    delegations: new Map(
      names.filter((name) => tags[name] !== undefined).map((name) => [name, document(name)]),
    ),
    unusable: new Map(),
    origin: 'server',
    outage: undefined,
    confirmedAt: now,
    trustedSince: { at: Date.UTC(2029, 0, 1), how: 'first-use', rootKeys },
    firstContact: false,
    ...facts,
  };
}

function trusted<T extends object>(data: T): Trusted<T & { version: number; expires: typeof expires }> {
  return { bytes: new Uint8Array(), data: { version: 3, expires, ...data } };
}

function role(name: string, keyIds: readonly KeyId[]): Role {
  return { name: name as RoleName, keyIds, threshold: 1 };
}

/** Certificates that nobody can read have no canonical id, so the made-up ids are shown as they are listed. */
function keyTable(ids: readonly KeyId[]): ReadonlyMap<KeyId, PublicKey> {
  return new Map(ids.map((keyId) => [keyId, { type: 'ecdsa-x509', value: utf8(keyId) }]));
}

function meta(content: string): FileMeta {
  const hash = createHash('sha256').update(content).digest();
  return { length: content.length, hashes: new Map([['sha256', new Uint8Array(hash)]]) };
}
