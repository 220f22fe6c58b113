// JSON as it is written rather than as it is meant: members may repeat, and numbers may be any text.

export type Tree =
  | { readonly kind: 'object'; readonly members: Member[] }
  | { readonly kind: 'array'; readonly items: Tree[] }
  | { readonly kind: 'string'; text: string }
  /** A number, `true`, `false`, `null`, or anything else that is to be written as it stands. */
  | { readonly kind: 'literal'; text: string };

export interface Member {
  name: string;
  value: Tree;
}

export function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return { kind: 'array', items: value.map(treeOf) };
  if (typeof value === 'string') return { kind: 'string', text: value };
  if (typeof value !== 'object' || value === null) return { kind: 'literal', text: JSON.stringify(value) };
  const members = Object.entries(value).map(([name, item]) => ({ name, value: treeOf(item) }));
  return { kind: 'object', members };
}

/** What an earlier change has made unreadable is one literal. */
export function parseTree(bytes: Uint8Array): Tree {
  const text = Buffer.from(bytes).toString('utf8');
  try {
    return treeOf(JSON.parse(text));
  } catch {
    return { kind: 'literal', text };
  }
}

export function textOf(tree: Tree): string {
  switch (tree.kind) {
    case 'string':
      return JSON.stringify(tree.text);
    case 'literal':
      return tree.text;
    case 'array':
      return `[${tree.items.map(textOf).join(',')}]`;
    case 'object':
      return `{${tree.members.map(({ name, value }) => `${JSON.stringify(name)}:${textOf(value)}`).join(',')}}`;
  }
}

/** The first member of that name. */
export function memberOf(tree: Tree, name: string): Tree | undefined {
  return tree.kind === 'object' ? tree.members.find((member) => member.name === name)?.value : undefined;
}

/** A place in a tree: how it is called, and how to write something else there. */
export interface Place {
  readonly path: string;
  readonly tree: Tree;
  /** The object that this is a member of, and the name it has there. */
  readonly member?: { readonly of: Extract<Tree, { kind: 'object' }>; readonly name: string };
  replace(tree: Tree): void;
}

/** Every place, from the top down, in the order of the text. */
export function placesIn(tree: Tree, path = '$', replace: (tree: Tree) => void = () => undefined): Place[] {
  return [{ path, tree, replace }, ...placesBelow(tree, path)];
}

function placesBelow(tree: Tree, path: string): Place[] {
  if (tree.kind === 'array')
    return tree.items.flatMap((item, i) =>
      placesIn(item, `${path}[${i}]`, (other) => void (tree.items[i] = other)),
    );
  if (tree.kind !== 'object') return [];
  return tree.members.flatMap((member) => {
    const { name, value } = member;
    const [own, ...below] = placesIn(value, `${path}.${name}`, (other) => void (member.value = other));
    return own === undefined ? below : [{ ...own, member: { of: tree, name } }, ...below];
  });
}

/**
 * What a reader who lets the last of several members win would sign: names sorted, no white space (dialect 2.2). Text that
 * is not JSON stands for itself.
 */
export function looseMessage(text: string): Uint8Array {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return Buffer.from(text);
  }
  return Buffer.from(sortedText(value));
}

function sortedText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${entries.map(([name, item]) => `${JSON.stringify(name)}:${sortedText(item)}`).join(',')}}`;
}
