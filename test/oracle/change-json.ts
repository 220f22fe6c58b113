// Random changes to the structure of a JSON document: members dropped, repeated, renamed, retyped, values bent.
import type { Chance } from './chance.ts';
import { placesIn, textOf, treeOf, type Member, type Place, type Tree } from './json-tree.ts';

/** Changes the tree in place and says what was done. */
export function changeJson(tree: Tree, chance: Chance): string {
  const places = placesIn(tree);
  // Half of the time something near the top: that is where most rules are.
  const near = places.filter(({ path }) => path.split('.').length <= 4);
  const place = chance.pick(chance.once(2) ? near : places);
  const change = chance.pick(changesOf(place));
  return `${place.path}: ${change(place, chance)}`;
}

type Change = (place: Place, chance: Chance) => string;

function changesOf({ tree, member }: Place): readonly Change[] {
  const own: Record<Tree['kind'], readonly Change[]> = {
    object: [addMember, retype],
    array: [changeItems, changeItems, retype],
    string: [bendString, bendString, retype],
    literal: [bendNumber, bendNumber, bendNumber, retype],
  };
  return [...own[tree.kind], ...(member === undefined ? [] : [dropMember, repeatMember, renameMember])];
}

const dropMember: Change = ({ member, path }) => {
  const { members } = owner(member, path);
  members.splice(indexOf(members, member?.name), 1);
  return 'dropped';
};

const repeatMember: Change = (place, chance) => {
  const { members } = owner(place.member, place.path);
  const name = place.member?.name ?? '';
  const value = chance.once(2) ? place.tree : otherType(chance);
  const at = indexOf(members, name) + chance.below(2);
  const again = chance.once(2) ? name : respelled(name, chance);
  members.splice(at, 0, { name: again, value });
  return `repeated as ${JSON.stringify(again)}`;
};

const renameMember: Change = ({ member, path }, chance) => {
  const { members } = owner(member, path);
  const found = members[indexOf(members, member?.name)] as Member;
  const { name } = found;
  const others = [`${name}x`, name.slice(0, -1), '', '__proto__', 'targets'];
  found.name = chance.once(2) ? respelled(name, chance) : chance.pick(others);
  return `renamed to ${JSON.stringify(found.name)}`;
};

/** Go looks for fields without regard to case, and takes these two letters for an `s` and a `k`. */
function respelled(name: string, chance: Chance): string {
  const capital = name.replace(/^_?[a-z]/u, (letter) => letter.toUpperCase());
  return chance.pick([name.toUpperCase(), capital, name.replace('s', '\u017f'), name.replace('k', '\u212a')]);
}

const addMember: Change = ({ tree }, chance) => {
  const { members } = tree as Extract<Tree, { kind: 'object' }>;
  const name = chance.pick(['x', '', 'custom', 'Version', 'EXPIRES', 'signed', 'targets/other', 'sha384']);
  members.splice(chance.below(members.length + 1), 0, { name, value: otherType(chance) });
  return `got a member ${JSON.stringify(name)}`;
};

const changeItems: Change = ({ tree }, chance) => {
  const { items } = tree as Extract<Tree, { kind: 'array' }>;
  const at = chance.below(Math.max(1, items.length));
  const what = chance.pick(['empty', 'drop', 'repeat', 'turn round', 'insert'] as const);
  if (what === 'empty') items.splice(0);
  if (what === 'drop') items.splice(at, 1);
  if (what === 'repeat') items.splice(at, 0, ...items.slice(at, at + 1));
  if (what === 'turn round') items.reverse();
  if (what === 'insert') items.splice(at, 0, otherType(chance));
  return what;
};

const bendString: Change = ({ tree }, chance) => {
  const string = tree as Extract<Tree, { kind: 'string' }>;
  const { text } = string;
  const at = chance.below(Math.max(1, text.length));
  const other = chance.pick(['A', '0', '=', '\n', ' ', '\u0000', 'é', '/']);
  const [what, bent] = chance.pick<readonly [string, string]>([
    ['emptied', ''],
    [`cut off at ${at}`, text.slice(0, at)],
    [`${JSON.stringify(other)} at ${at}`, `${text.slice(0, at)}${other}${text.slice(at + 1)}`],
    ['in upper case', text.toUpperCase()],
    ['in lower case', text.toLowerCase()],
    ['after a blank', ` ${text}`],
    ['with one more =', `${text}=`],
    ['twice', text + text],
    ['a day that never was', '2099-02-30T00:00:00Z'],
    ['a time with a zone', '2099-01-01T00:00:00.123456789+02:00'],
    ['a time before all times', '0001-01-01T00:00:00Z'],
  ]);
  string.text = bent;
  return what;
};

const bendNumber: Change = ({ tree }, chance) => {
  const literal = tree as Extract<Tree, { kind: 'literal' }>;
  const { text } = literal;
  literal.text = chance.pick([
    ...['0', '-0', '-1', '1', '2', '1.0', '1e0', '1.5', '2147483648', '4294967297', '9007199254740991'],
    ...['9007199254740993', '9223372036854775807', '18446744073709551617', '1e400', `${text}0`, `${text}.0`],
    ...['true', 'false', 'null', '01', 'NaN', ''],
  ]);
  return `now ${literal.text}`;
};

const retype: Change = (place, chance) => {
  const value = otherType(chance);
  place.replace(value);
  return place.path === '$' ? 'left as it is' : `now ${textOf(value)}`;
};

function otherType(chance: Chance): Tree {
  const value = chance.pick<unknown>([null, true, false, 0, 1, -1, '', 'x', [], [1], [null], {}, { x: 1 }]);
  return treeOf(value);
}

function owner(member: Place['member'], path: string): Extract<Tree, { kind: 'object' }> {
  if (member === undefined) throw new Error(`${path} is no member`);
  return member.of;
}

function indexOf(members: readonly Member[], name: string | undefined): number {
  return members.findIndex((member) => member.name === name);
}
