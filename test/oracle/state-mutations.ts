// Mutations of what roles say: versions, ends, thresholds, keys, signers, lengths and hashes; signed and named as they must be.
import type { JsonValue } from '../../src/base/json.ts';
import type { SimulatedRepository } from '../support/notary/repository.ts';
import { bare, makeSigner, type KeyKind, type ListedKey } from '../support/notary/signers.ts';
import type { Chance } from './chance.ts';
import { fixedKey } from './fixed-keys.ts';
import { republish, roles, stateOf, type HistoryRole } from './history.ts';
import { fileOf, storeAndName, type Mutation } from './mutation.ts';

const hourMs = 60 * 60 * 1000;

export const stateMutations: readonly Mutation[] = [
  {
    name: 'version',
    weight: 8,
    apply: ({ newest }, chance) => {
      const role = chance.pick(roles);
      const state = stateOf(newest, role);
      const change = chance.pick([-3, -2, -1, 0, 1, 5, 1000, 2 ** 31, 2 ** 32, 2 ** 50]);
      if (role === 'root') newest.files.delete(`${state.version + 1}.root.json`);
      // Publishing adds one.
      state.version = Math.max(-2, state.version + change - 1);
      republish(newest, role);
      return `${role} is version ${state.version} now`;
    },
  },
  {
    name: 'end',
    weight: 6,
    apply: ({ newest }, chance) => {
      const role = chance.pick(roles);
      const state = stateOf(newest, role);
      const hours = chance.pick([-24 * 365 * 30, -24 * 400, -25, -1, 1, 24, 24 * 365 * 100]);
      state.expires = Math.floor(Date.now() / 1000) * 1000 + hours * hourMs;
      republish(newest, role);
      return `${role} ends in ${hours} hours`;
    },
  },
  {
    name: 'threshold',
    weight: 6,
    apply: ({ newest }, chance) => {
      const role = chance.pick(roles);
      stateOf(newest, role).threshold = chance.pick([-1, 0, 1, 2, 3, 1000]);
      declare(newest, role);
      return `${role} needs ${stateOf(newest, role).threshold} signatures`;
    },
  },
  {
    name: 'signers',
    weight: 8,
    apply: ({ newest }, chance) => {
      const role = chance.pick(roles);
      const state = stateOf(newest, role);
      const [first] = state.keys;
      if (first === undefined) throw new Error(`${role} has no keys`);
      const stranger = fixedKey('stranger');
      const [what, signers] = chance.pick<readonly [string, readonly ListedKey[]]>([
        ['nobody', []],
        ['the first key only', [first]],
        ['the first key twice', [first, first]],
        ['a stranger', [stranger]],
        ['a stranger as well', [...state.keys, stranger]],
        ['a stranger under the name of the first key', [{ ...stranger, id: first.id }]],
        ['the first key under the name of a stranger', [{ ...first, id: stranger.id }]],
        [
          'a stranger under the name of the first key, then the keys',
          [{ ...stranger, id: first.id }, ...state.keys],
        ],
        ['the keys of the snapshot', newest.base.snapshot.keys],
      ]);
      state.signedBy = signers;
      republish(newest, role);
      return `${role} is signed by ${what}`;
    },
  },
  {
    name: 'keys',
    weight: 8,
    apply: ({ newest }, chance) => {
      const role = chance.pick(roles.filter((name) => name !== 'root'));
      const state = stateOf(newest, role);
      const kind = chance.pick<KeyKind>(['p256', 'p384', 'p521', 'rsa', 'ed25519']);
      const added = spareKey(kind);
      state.keys = chance.pick([[added], [...state.keys, added], [added, ...state.keys], []]);
      declare(newest, role);
      return `${role} has ${state.keys.length} keys, one of them a new ${kind} key`;
    },
  },
  {
    name: 'length or hash',
    weight: 6,
    apply: ({ newest }, chance) => {
      const role = chance.pick(['snapshot', 'timestamp'] as const);
      const state = stateOf(newest, role);
      let done = '';
      state.edit = (body) => {
        done = changeMeta(body, chance);
        return body;
      };
      republish(newest, role);
      return `${role}: ${done}`;
    },
  },
  {
    name: 'left out of the snapshot',
    weight: 3,
    apply: ({ newest }, chance) => {
      const role = chance.pick(roles.filter((name) => name !== 'snapshot' && name !== 'timestamp'));
      newest.omitted.add(role);
      newest.publishSnapshot();
      return role;
    },
  },
  {
    name: 'a file in the place of another',
    weight: 3,
    apply: ({ newest }, chance) => {
      const [role, other] = [chance.pick(roles), chance.pick(roles)];
      storeAndName(newest, role, fileOf(newest, other));
      return `${other} in the place of ${role}`;
    },
  },
];

const spareKeys = new Map<KeyKind, ListedKey>();

/** A key of that kind, made once: RSA keys take their time. */
function spareKey(kind: KeyKind): ListedKey {
  const key = spareKeys.get(kind) ?? bare(makeSigner(kind));
  spareKeys.set(kind, key);
  return key;
}

/** Publishes a role's keys and threshold where they are declared, and the role itself. */
function declare(repository: SimulatedRepository, role: HistoryRole): void {
  if (role.startsWith('targets/')) repository.publish('targets', role);
  else {
    repository.publishRoot();
    if (role !== 'root') republish(repository, role);
    if (role !== 'snapshot') repository.publishSnapshot();
  }
}

/** Bends what a snapshot or a timestamp says of one file. */
function changeMeta(body: Record<string, JsonValue>, chance: Chance): string {
  const meta = body['meta'] as unknown as Record<string, Meta>;
  const name = chance.pick(Object.keys(meta).sort());
  const entry = meta[name];
  if (entry === undefined) throw new Error(`${name} is not named`);
  const { hashes } = entry;
  const what = chance.pick([
    'longer',
    'shorter',
    'endless',
    'no sha256',
    'no sha512',
    'none',
    'unknown',
    'wrong',
  ] as const);
  if (what === 'longer') entry.length += 1;
  if (what === 'shorter') entry.length -= 1;
  if (what === 'endless') entry.length = 2 ** 50;
  if (what === 'no sha256' || what === 'none') delete hashes['sha256'];
  if (what === 'no sha512' || what === 'none') delete hashes['sha512'];
  if (what === 'unknown') hashes['sha3'] = 'AAAA';
  if (what === 'wrong') hashes[chance.pick(['sha256', 'sha512'])] = Buffer.alloc(32).toString('base64');
  return `${name} ${what}`;
}

interface Meta {
  length: number;
  readonly hashes: Record<string, string>;
}
