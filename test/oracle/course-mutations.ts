// Mutations of the course of things: old files shown again, files gone, roots replaced in every right and wrong way.
import { bare, makeSigner, type ListedKey } from '../support/notary/signers.ts';
import { fixedRootKey } from './fixed-keys.ts';
import { gun, publish, roles, rootKey, stateOf } from './history.ts';
import { fileOf, serveInstead, storeAndName, type Mutation } from './mutation.ts';

export const courseMutations: readonly Mutation[] = [
  {
    name: 'an old file again',
    weight: 6,
    apply: (history, chance) => {
      const role = chance.pick(roles);
      const from = chance.pick(['older', 'known'] as const);
      const put = chance.pick([serveInstead, storeAndName]);
      put(history.newest, role, fileOf(history[from], role));
      return `${role} of the ${from} state, ${put === storeAndName ? 'named anew' : 'not named'}`;
    },
  },
  {
    name: 'an old state again',
    weight: 2,
    apply: (history, chance) => {
      const from = chance.pick(['older', 'known'] as const);
      history.newest.files = new Map(history[from].files);
      return from;
    },
  },
  {
    name: 'a file gone',
    weight: 3,
    apply: ({ newest }, chance) => {
      const role = chance.pick(roles);
      newest.drop(role);
      return role;
    },
  },
  {
    name: 'root replaced',
    weight: 10,
    apply: ({ newest }, chance) => {
      const { root } = newest.base;
      const old = root.keys;
      const next = [rootKey(4), rootKey(5)];
      const [what, signers] = chance.pick<readonly [string, readonly ListedKey[]]>([
        ['both', [...old, ...next]],
        ['one of each', [...old.slice(0, 1), ...next.slice(0, 1)]],
        ['the old keys only', old],
        ['the new keys only', next],
        ['the keys before the old ones', [rootKey(1), ...next]],
      ]);
      root.signedBy = signers;
      root.keys = next;
      root.threshold = chance.pick([1, 1, 2]);
      const skipped = chance.once(4) ? chance.below(3) : 0;
      root.version += skipped;
      newest.publishRoot();
      root.signedBy = undefined;
      publish(newest, '2.0');
      return `signed by ${what}, ${skipped} versions skipped, threshold ${root.threshold}`;
    },
  },
  {
    name: 'several roots',
    weight: 5,
    apply: ({ newest }, chance) => {
      const steps = 2 + chance.below(3);
      for (let step = 0; step < steps; step++) newest.rotateRoot([rootKey(10 + step)]);
      publish(newest, '2.0');
      const gone = chance.once(2) ? newest.base.root.version - chance.below(steps) : undefined;
      if (gone !== undefined) newest.files.delete(`${gone}.root.json`);
      return `${steps} more, ${gone === undefined ? 'none' : `version ${gone}`} missing`;
    },
  },
  {
    name: 'root certificate',
    weight: 6,
    apply: ({ newest }, chance) => {
      const { root } = newest.base;
      const year = (number: number): number => Date.UTC(number, 0, 1);
      const made = (names: readonly string[], options = {}): ListedKey => fixedRootKey('odd', names, options);
      const [what, key] = chance.pick<readonly [string, ListedKey]>([
        ['fine', made([gun])],
        ['for another repository', made(['registry.test:5000/team/other'])],
        ['for everything', made(['*'])],
        ['for a part of the name', made(['registry.test:5000/te*'])],
        ['for all below', made(['registry.test:5000/team/*'])],
        ['without a name', made([''])],
        ['without any name', made([])],
        ['with two names, the right one last', made(['other', gun])],
        ['with two names, the right one first', made([gun, 'other'])],
        ['expired', made([gun], { notAfter: year(2021) })],
        ['not valid yet', made([gun], { notBefore: year(2100) })],
        ['of an authority', made([gun], { ca: true })],
        ['around SHA-1', made([gun], { algorithm: '1.2.840.10045.4.1' })],
        ['missing: a bare key', bare(makeSigner())],
        ['missing: an Ed25519 key', bare(makeSigner('ed25519'))],
      ]);
      const beside = chance.once(2) ? root.keys : [];
      newest.rotateRoot([key, ...beside]);
      publish(newest, '2.0');
      return `${what}, beside ${beside.length} good ones`;
    },
  },
  {
    name: 'server keys replaced',
    weight: 4,
    apply: ({ newest }, chance) => {
      const role = chance.pick(['timestamp', 'snapshot', 'targets'] as const);
      const back = chance.pick(['no', 'timestamp', 'snapshot'] as const);
      stateOf(newest, role).keys = [bare(makeSigner())];
      newest.top.threshold = 1;
      if (back !== 'no') newest.base[back].version = 0;
      newest.publishRoot();
      publish(newest, '2.0');
      return `${role}, and versions of ${back} role begin again`;
    },
  },
];
