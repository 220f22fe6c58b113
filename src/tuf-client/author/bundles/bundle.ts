// A bundle: metadata that waits for more signatures, on its way from one signer to the next (dialect 10.7).
import { equalBytes, utf8 } from '../../../base/bytes.ts';
import { canonicalBytes } from '../../../base/canonical-json.ts';
import { DctError, isDctError } from '../../../base/errors.ts';
import type { Instant } from '../../../base/instant.ts';
import {
  isJsonObject,
  JsonProblem,
  member,
  parseJson,
  type JsonObject,
  type JsonValue,
} from '../../../base/json.ts';
import { limits } from '../../../base/limits.ts';
import { makeGun, type Gun } from '../../../base/reference.ts';
import {
  asRoleName,
  isDelegation,
  parseDocument,
  readEnvelope,
  readRoot,
  readTargets,
  roleNames,
  rootToJson,
  serialise,
  targetsToJson,
  type Envelope,
  type RoleName,
  type Root,
  type Targets,
} from '../../model/index.ts';

/** The file of a role that a document continues, as the snapshot named it. */
export interface Base {
  /** 0 where nothing was published before. */
  readonly version: number;
  /** Hexadecimal; undefined where nothing was published before. */
  readonly sha256: string | undefined;
}

export interface BundledDocument {
  readonly role: RoleName;
  readonly base: Base;
  readonly envelope: Envelope;
  readonly version: number;
  readonly expires: Instant;
  /** What it says: a root for the role `root`, targets for every other. */
  readonly says: { readonly root: Root } | { readonly targets: Targets };
}

export interface Bundle {
  readonly gun: Gun;
  /** Each role once, parents before children. */
  readonly documents: readonly BundledDocument[];
}

/** The name and version of the format. */
const format = 'dct-bundle-1';

export function refuse(what: string, problem: string, cause?: unknown): DctError {
  return new DctError('BUNDLE_REFUSED', { what, problem }, cause);
}

/** Whatever is refused about it names the bundle, because nobody vouches for it. @throws BUNDLE_REFUSED */
export function readBundle(bytes: Uint8Array, what = 'the bundle'): Bundle {
  if (bytes.byteLength > limits.bundleBytes)
    throw refuse(what, `it is longer than ${limits.bundleBytes} bytes`);
  try {
    const top = exactly(parseJson(bytes, { numbers: 'integers' }), '$', ['format', 'gun', 'documents']);
    if (member(top, 'format') !== format) throw new JsonProblem('$.format', `it is not "${format}"`);
    const gun = readGun(member(top, 'gun'));
    const list = member(top, 'documents');
    if (!Array.isArray(list) || list.length === 0) throw new JsonProblem('$.documents', 'there are none');
    const documents = (list as readonly JsonValue[]).map((item, i) => readOne(item, `$.documents[${i}]`));
    if (new Set(documents.map(({ role }) => role)).size !== documents.length)
      throw new JsonProblem('$.documents', 'a role is there twice');
    return { gun, documents };
  } catch (error) {
    if (error instanceof JsonProblem) throw refuse(what, `${error.path}: ${error.message}`, error);
    if (isDctError(error, 'MALFORMED', 'GUN_INVALID')) throw refuse(what, error.message, error);
    throw error;
  }
}

function readGun(value: JsonValue | undefined): Gun {
  if (typeof value !== 'string') throw new JsonProblem('$.gun', 'it is not a string');
  const slash = value.indexOf('/');
  return makeGun(value.slice(0, slash), value.slice(slash + 1));
}

function readOne(item: JsonValue, path: string): BundledDocument {
  const record = exactly(item, path, ['role', 'base', 'metadata']);
  const name = member(record, 'role');
  const role = typeof name === 'string' ? asRoleName(name) : undefined;
  if (role === undefined || (role !== roleNames.root && role !== roleNames.targets && !isDelegation(role)))
    throw new JsonProblem(`${path}.role`, 'it is no role that people sign');
  const base = readBase(member(record, 'base') ?? null, `${path}.base`);
  const metadata = exactly(member(record, 'metadata') ?? null, `${path}.metadata`, ['signed', 'signatures']);
  return { base, ...documentOf(role, utf8(JSON.stringify(metadata))) };
}

/**
 * Reads metadata of one role. What is in it has to be all that dct reads from it: a field that is not understood would be
 * signed without being shown.
 * @throws JsonProblem, MALFORMED
 */
export function documentOf(role: RoleName, bytes: Uint8Array): Omit<BundledDocument, 'base'> {
  return parseDocument(`${role} metadata`, bytes, (document) => {
    const envelope = readEnvelope(document);
    const root = role === roleNames.root ? readRoot(envelope) : undefined;
    const targets = root === undefined ? readTargets(envelope, role) : undefined;
    const understood = root === undefined ? targetsToJson(targets as Targets) : rootToJson(root);
    if (!equalBytes(canonicalBytes(understood), canonicalBytes(envelope.signed)))
      throw new JsonProblem('$.signed', 'it is not what dct writes, or holds more than dct would show');
    const { version, expires } = (root ?? targets) as Root | Targets;
    const says = root === undefined ? { targets: targets as Targets } : { root };
    return { role, envelope, version, expires, says };
  });
}

function readBase(value: JsonValue, path: string): Base {
  const record = exactly(value, path, ['version', 'sha256']);
  const version = member(record, 'version');
  const sha256 = member(record, 'sha256');
  if (typeof version !== 'number' || version < 0)
    throw new JsonProblem(`${path}.version`, 'it is not a version');
  if (sha256 === null) return { version, sha256: undefined };
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256))
    throw new JsonProblem(`${path}.sha256`, 'it is not a hash');
  return { version, sha256 };
}

/** An object with these members, and no other. */
function exactly(value: JsonValue, path: string, names: readonly string[]): JsonObject {
  if (!isJsonObject(value)) throw new JsonProblem(path, 'it is not an object');
  const strange = Object.keys(value).find((name) => !names.includes(name));
  if (strange !== undefined) throw new JsonProblem(path, `"${strange}" does not belong there`);
  return value;
}

/** Public data only: bodies, signatures, and what they stand on. */
export function writeBundle({ gun, documents }: Bundle): Uint8Array {
  const list = documents.map(({ role, base, envelope }) => ({
    role,
    base: { version: base.version, sha256: base.sha256 ?? null },
    metadata: JSON.parse(Buffer.from(fileOf({ envelope })).toString('utf8')) as unknown,
  }));
  return utf8(`${JSON.stringify({ format, gun, documents: list }, null, 2)}\n`);
}

/** The metadata file that is published once there are signatures enough, in exact Go form (ADR 0010). */
export function fileOf({ envelope }: Pick<BundledDocument, 'envelope'>): Uint8Array {
  return serialise(envelope.signed, envelope.signatures);
}

/**
 * One bundle out of copies that went to several signers at the same time.
 * @throws BUNDLE_REFUSED when they are not about the same
 */
export function mergeBundles([first, ...others]: readonly Bundle[]): Bundle {
  if (first === undefined) throw refuse('the bundle', 'it is not there');
  return others.reduce((merged, other) => {
    if (!isSameWithoutSignatures(merged, other))
      throw refuse('one of the bundles', 'it is not a copy of the first one');
    const documents = merged.documents.map((document, i) => {
      const { signatures } = document.envelope;
      const known = new Set(signatures.map(({ keyId }) => keyId));
      const more = other.documents[i]?.envelope.signatures.filter(({ keyId }) => !known.has(keyId)) ?? [];
      return { ...document, envelope: { ...document.envelope, signatures: [...signatures, ...more] } };
    });
    return { ...merged, documents };
  }, first);
}

function isSameWithoutSignatures(a: Bundle, b: Bundle): boolean {
  const bare = ({ gun, documents }: Bundle): Bundle => ({
    gun,
    documents: documents.map((document) => ({
      ...document,
      envelope: { ...document.envelope, signatures: [] },
    })),
  });
  return equalBytes(writeBundle(bare(a)), writeBundle(bare(b)));
}
