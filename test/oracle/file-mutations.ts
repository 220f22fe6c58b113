// Mutations of single files: their bytes, their JSON, with signatures and hashes made anew or left as they were.
import type { SimulatedRepository } from '../support/notary/repository.ts';
import { changeBytes } from './change-bytes.ts';
import { changeJson } from './change-json.ts';
import type { Chance } from './chance.ts';
import { roles, stateOf, type History, type HistoryRole } from './history.ts';
import { memberOf, parseTree, textOf, type Tree } from './json-tree.ts';
import { fileOf, serveInstead, signText, storeAndName, type Mutation } from './mutation.ts';

/** Changes a file and answers what it is now, or undefined when it is to be served as it is. */
type FileChange = (file: Uint8Array, chance: Chance) => readonly [Uint8Array, string];

const changeTree: FileChange = (file, chance) => {
  const tree = parseTree(file);
  const done = several(tree, chance);
  return [Buffer.from(textOf(tree)), done];
};

export const fileMutations: readonly Mutation[] = [
  {
    name: 'nothing',
    weight: 2,
    apply: () => 'an honest repository',
  },
  { name: 'bytes', weight: 4, apply: onFile(changeBytes, serveInstead) },
  { name: 'bytes, named anew', weight: 6, apply: onFile(changeBytes, storeAndName) },
  { name: 'JSON', weight: 3, apply: onFile(changeTree, serveInstead) },
  { name: 'JSON, named anew', weight: 14, apply: onFile(changeTree, storeAndName) },
  {
    name: 'JSON, signed anew',
    weight: 40,
    apply: ({ newest }, chance) => {
      const role = chance.pick(roles);
      // Clients that know this root ask for the next one.
      if (role === 'root' && !chance.once(4)) newest.publishRoot();
      const tree = parseTree(fileOf(newest, role));
      const signed = memberOf(tree, 'signed') ?? tree;
      const done = several(signed, chance);
      storeAndName(newest, role, signText(textOf(signed), signersOf(newest, role)));
      return `${role} ${done}`;
    },
  },
  {
    name: 'envelope of signed bytes',
    weight: 5,
    apply: ({ newest }, chance) => {
      const role = chance.pick(roles);
      const tree = parseTree(fileOf(newest, role));
      const signatures = memberOf(tree, 'signatures') ?? tree;
      const done = several(signatures, chance);
      storeAndName(newest, role, Buffer.from(textOf(tree)));
      return `${role} signatures ${done}`;
    },
  },
];

function onFile(
  change: FileChange,
  put: (repository: SimulatedRepository, role: HistoryRole, bytes: Uint8Array) => void,
): Mutation['apply'] {
  return ({ newest }: History, chance) => {
    const role = chance.pick(roles);
    const [bytes, done] = change(fileOf(newest, role), chance);
    put(newest, role, bytes);
    return `${role} ${done}`;
  };
}

/** One change most of the time, sometimes more. */
function several(tree: Tree, chance: Chance): string {
  const done = [changeJson(tree, chance)];
  while (chance.once(4)) done.push(changeJson(tree, chance));
  return done.join('; ');
}

/** Everybody whose signature a role may need. */
function signersOf(repository: SimulatedRepository, role: HistoryRole): Parameters<typeof signText>[1] {
  return stateOf(repository, role).keys;
}
