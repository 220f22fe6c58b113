// One repository of the simulated Notary server: states of roles that tests change at will, and the files made from them.
import { createHash } from 'node:crypto';
import { toHex, utf8 } from '../../../src/base/bytes.ts';
import { instantAt } from '../../../src/base/instant.ts';
import { parseJson, type JsonObject, type JsonValue } from '../../../src/base/json.ts';
import type { Gun } from '../../../src/base/reference.ts';
import {
  asRoleName,
  rootToJson,
  serialise,
  signedMessage,
  snapshotToJson,
  targetsToJson,
  timestampToJson,
  type BaseRole,
  type Delegation,
  type FileMeta,
  type KeyTable,
  type Role,
  type RoleName,
  type Signature,
} from '../../../src/tuf-client/model/index.ts';
import type { ListedKey } from './signers.ts';

/** What one role says about itself. Tests change any of it before they publish. */
export interface RoleState {
  version: number;
  /** Milliseconds since the epoch. */
  expires: number;
  keys: readonly ListedKey[];
  threshold: number;
  /** Who signs; the keys of the role when left out. */
  signedBy?: readonly ListedKey[] | undefined;
  /** Changes the body just before it is signed, to sign what no honest writer would. */
  edit?: ((body: Record<string, JsonValue>) => JsonValue) | undefined;
}

/** A targets role: the top one or a delegation. */
export interface TargetsState extends RoleState {
  targets: Map<string, FileMeta>;
  /** Prefixes of target names; of no meaning for the top role. */
  paths: readonly string[];
}

/** Length and both hashes of some content. */
export function metaOf(content: Uint8Array | string): FileMeta {
  const bytes = typeof content === 'string' ? utf8(content) : content;
  const hash = (name: string): Uint8Array => new Uint8Array(createHash(name).update(bytes).digest());
  const hashes = new Map([
    ['sha256', hash('sha256')],
    ['sha512', hash('sha512')],
  ]);
  return { length: bytes.byteLength, hashes };
}

/** Signs a body as a writer of metadata does. */
export function signBody(body: JsonValue, keys: readonly ListedKey[]): Uint8Array {
  const message = signedMessage(body as JsonObject);
  const signatures: Signature[] = keys.map(({ id, signer }) => {
    return { keyId: id, method: signer.method, value: signer.signNow(message) };
  });
  return serialise(body as JsonObject, signatures);
}

export class SimulatedRepository {
  readonly gun: Gun;
  readonly base: Record<Exclude<BaseRole, 'targets'>, RoleState>;
  readonly top: TargetsState;
  readonly delegations = new Map<string, TargetsState>();
  /** Everything that is served, by file name. */
  files = new Map<string, Uint8Array>();
  /** The newest file of each role, which the next snapshot names. */
  current = new Map<string, Uint8Array>();
  /** Roles that snapshots leave out all the same. */
  readonly omitted = new Set<string>();

  constructor(gun: Gun, base: SimulatedRepository['base'], top: TargetsState) {
    this.gun = gun;
    this.base = base;
    this.top = top;
  }

  /** The targets role of that name. */
  role(name: string): TargetsState {
    const state = name === 'targets' ? this.top : this.delegations.get(name);
    if (state === undefined) throw new Error(`there is no role ${name}`);
    return state;
  }

  /** Signs a tag into a role at its next publication. */
  tag(name: string, content: Uint8Array | string, role = 'targets'): this {
    this.role(role).targets.set(name, metaOf(content));
    return this;
  }

  /** Declares a delegation; its parent has to be published for that to be seen. */
  delegate(
    name: string,
    keys: readonly ListedKey[],
    options: { readonly paths?: readonly string[]; readonly threshold?: number } = {},
  ): this {
    const { paths = [''], threshold = 1 } = options;
    const { expires } = this.top;
    this.delegations.set(name, { version: 0, expires, keys, threshold, paths, targets: new Map() });
    return this;
  }

  /** Publishes new versions of these targets roles, a new snapshot and a new timestamp. */
  publish(...roles: readonly string[]): this {
    for (const role of roles.length === 0 ? ['targets'] : roles) this.writeTargets(role);
    return this.publishSnapshot();
  }

  /** A new version of one targets role, that no snapshot names yet. */
  writeTargets(name: string): Uint8Array {
    const state = this.role(name);
    state.version++;
    const children = [...this.delegations].filter(
      ([child]) => child.slice(0, child.lastIndexOf('/')) === name,
    );
    const delegations = children.map(([child, { keys, threshold, paths }]): Delegation => {
      return { ...roleOf(child, keys, threshold), paths };
    });
    const delegationKeys = tableOf(children.flatMap(([, { keys }]) => keys));
    const common = { version: state.version, expires: instantAt(state.expires) };
    return this.#write(
      name,
      state,
      targetsToJson({ ...common, targets: state.targets, delegations, delegationKeys }),
    );
  }

  /** The next version of the root, signed by its own keys and by those of the version before. */
  publishRoot(): this {
    const { root, snapshot, timestamp } = this.base;
    const states = { root, targets: this.top, snapshot, timestamp };
    root.version++;
    const role = (name: BaseRole): Role => roleOf(name, states[name].keys, states[name].threshold);
    const body = rootToJson({
      version: root.version,
      expires: instantAt(root.expires),
      keys: tableOf(Object.values(states).flatMap(({ keys }) => keys)),
      roles: {
        root: role('root'),
        targets: role('targets'),
        snapshot: role('snapshot'),
        timestamp: role('timestamp'),
      },
    });
    const bytes = this.#write('root', root, body);
    this.files.set(`${root.version}.root.json`, bytes);
    return this;
  }

  /** A new root with these root keys, signed by the old and the new ones. The next snapshot names it. */
  rotateRoot(keys: readonly ListedKey[]): this {
    const { root } = this.base;
    root.signedBy ??= [...root.keys, ...keys];
    root.keys = keys;
    this.publishRoot();
    root.signedBy = undefined;
    return this;
  }

  /** What Notary signs by itself: a snapshot of the newest files, and a timestamp of that. */
  publishSnapshot(): this {
    const { snapshot } = this.base;
    snapshot.version++;
    const entries = [...this.current].filter(
      ([role]) => !['snapshot', 'timestamp'].includes(role) && !this.omitted.has(role),
    );
    const meta = new Map(entries.map(([role, bytes]) => [role as RoleName, metaOf(bytes)]));
    const common = { version: snapshot.version, expires: instantAt(snapshot.expires) };
    this.#write('snapshot', snapshot, snapshotToJson({ ...common, meta }));
    return this.publishTimestamp();
  }

  publishTimestamp(): this {
    const { timestamp } = this.base;
    timestamp.version++;
    const common = { version: timestamp.version, expires: instantAt(timestamp.expires) };
    const snapshot = metaOf(this.current.get('snapshot') ?? new Uint8Array());
    this.#write('timestamp', timestamp, timestampToJson({ ...common, snapshot }));
    return this;
  }

  /** Takes a file as the newest of its role, and serves it by name and by hash. */
  store(role: string, bytes: Uint8Array): void {
    this.current.set(role, bytes);
    this.files.set(`${role}.json`, bytes);
    this.files.set(this.hashName(role), bytes);
  }

  /** `targets.<sha256>.json` of the newest file of a role. */
  hashName(role: string): string {
    return `${role}.${toHex(metaOf(this.current.get(role) ?? new Uint8Array()).hashes.get('sha256') as Uint8Array)}.json`;
  }

  /** The newest file of a role under the name that an update asks for. */
  servedName(role: string): string {
    return role === 'timestamp' || role === 'root' ? `${role}.json` : this.hashName(role);
  }

  /** What is served now, to come back to. */
  saved(): () => void {
    const files = new Map(this.files);
    return () => (this.files = new Map(files));
  }

  /** The same repository at this moment, with the same keys, that goes its own way from here. */
  fork(): SimulatedRepository {
    const { root, snapshot, timestamp } = this.base;
    const twin = new SimulatedRepository(
      this.gun,
      { root: { ...root }, snapshot: { ...snapshot }, timestamp: { ...timestamp } },
      copyOf(this.top),
    );
    for (const [name, state] of this.delegations) twin.delegations.set(name, copyOf(state));
    twin.files = new Map(this.files);
    twin.current = new Map(this.current);
    for (const role of this.omitted) twin.omitted.add(role);
    return twin;
  }

  /** Serves nothing any more for a role, under no name. */
  drop(role: string): void {
    for (const name of this.files.keys())
      if (name.startsWith(`${role}.`) || name.endsWith(`.${role}.json`)) this.files.delete(name);
  }

  /** Alters what is served under a name. */
  tamper(name: string, change: (bytes: Uint8Array) => Uint8Array): void {
    const bytes = this.files.get(name);
    if (bytes === undefined) throw new Error(`${name} is not served`);
    this.files.set(name, Uint8Array.from(change(Uint8Array.from(bytes))));
  }

  #write(role: string, state: RoleState, body: JsonObject): Uint8Array {
    // Through JSON once, so that an edit may change nested values and names like `__proto__` stay names.
    const plain = parseJson(signedMessage(body), { numbers: 'any' }) as Record<string, JsonValue>;
    const bytes = signBody(state.edit?.(plain) ?? plain, state.signedBy ?? state.keys);
    this.store(role, bytes);
    return bytes;
  }
}

function copyOf(state: TargetsState): TargetsState {
  return { ...state, targets: new Map(state.targets) };
}

function roleOf(name: string, keys: readonly ListedKey[], threshold: number): Role {
  const roleName = asRoleName(name) ?? (name as RoleName);
  return { name: roleName, keyIds: keys.map(({ id }) => id), threshold };
}

function tableOf(keys: readonly ListedKey[]): KeyTable {
  return new Map(keys.map(({ id, key }) => [id, key]));
}
