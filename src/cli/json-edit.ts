// Changes one member of a JSON document and leaves every other character as its author wrote it.
import type { JsonValue } from '../base/json.ts';

interface Member {
  readonly name: string;
  /** Offsets of its name, of its value, and of what follows. */
  readonly start: number;
  readonly value: number;
  readonly end: number;
}

interface Members {
  /** Offset behind the opening brace. */
  readonly open: number;
  /** Offset of the closing brace. */
  readonly close: number;
  readonly list: readonly Member[];
}

/**
 * The text with the member at `path` set to `value`, or removed when that is undefined; objects on the way are made. The
 * text must be valid JSON with objects on the way.
 */
export function setMember(text: string, path: readonly string[], value: JsonValue | undefined): string {
  return change(text, text.indexOf('{'), path, value, styleOf(text));
}

interface Style {
  readonly unit: string;
  /** Empty for a document on one line. */
  readonly newline: string;
}

function styleOf(text: string): Style {
  const newline = /\r?\n/.exec(text.trim())?.[0] ?? (text.trim() === '{}' ? '\n' : '');
  return { unit: /\n([ \t]+)\S/.exec(text)?.[1] ?? '  ', newline };
}

function change(
  text: string,
  at: number,
  [name = '', ...rest]: readonly string[],
  value: JsonValue | undefined,
  style: Style,
): string {
  const found = membersOf(text, at);
  const member = found.list.find((candidate) => candidate.name === name);
  if (member !== undefined && rest.length > 0) return change(text, member.value, rest, value, style);
  if (member !== undefined && value === undefined) return remove(text, found, member);
  if (value === undefined) return text;
  const outer = indentationAt(text, at);
  if (member !== undefined)
    return splice(text, member.value, member.end, render(value, style, indentationAt(text, member.start)));
  const inner = outer + style.unit;
  const whole = rest.reduceRight<JsonValue>((nested, key) => ({ [key]: nested }), value);
  const written = `${JSON.stringify(name)}:${style.newline === '' ? '' : ' '}${render(whole, style, inner)}`;
  const last = found.list.at(-1);
  if (last !== undefined) {
    const [first = last] = found.list;
    return splice(text, last.end, last.end, `,${text.slice(found.open, first.start)}${written}`);
  }
  const body = style.newline === '' ? written : `${style.newline}${inner}${written}${style.newline}${outer}`;
  return splice(text, found.open, found.close, body);
}

/** With the comma and the space that set it apart. */
function remove(text: string, { open, close, list }: Members, member: Member): string {
  const index = list.indexOf(member);
  const before = list[index - 1];
  if (before !== undefined) return splice(text, before.end, member.end, '');
  const after = list[index + 1];
  return after === undefined ? splice(text, open, close, '') : splice(text, member.start, after.start, '');
}

function render(value: JsonValue, { unit, newline }: Style, indentation: string): string {
  if (newline === '') return JSON.stringify(value);
  return JSON.stringify(value, null, unit).replaceAll('\n', newline + indentation);
}

/** What the line of this offset begins with. */
function indentationAt(text: string, offset: number): string {
  return /[ \t]*/.exec(text.slice(text.lastIndexOf('\n', offset) + 1))?.[0] ?? '';
}

function splice(text: string, from: number, to: number, replacement: string): string {
  return text.slice(0, from) + replacement + text.slice(to);
}

function membersOf(text: string, at: number): Members {
  const open = at + 1;
  const list: Member[] = [];
  let offset = skipSpace(text, open);
  while (text[offset] === '"') {
    const start = offset;
    const nameEnd = skipText(text, start);
    const value = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = skipValue(text, value);
    list.push({ name: JSON.parse(text.slice(start, nameEnd)) as string, start, value, end });
    offset = skipSpace(text, end);
    if (text[offset] === ',') offset = skipSpace(text, offset + 1);
  }
  return { open, close: offset, list };
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (/\s/.test(text[at] ?? '')) at++;
  return at;
}

/** From an opening quotation mark to behind the closing one. */
function skipText(text: string, from: number): number {
  let at = from + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function skipValue(text: string, from: number): number {
  let [at, depth] = [from, 0];
  do {
    const character = text[at] ?? '';
    if (character === '"') at = skipText(text, at);
    else if ('{['.includes(character)) [at, depth] = [at + 1, depth + 1];
    else if ('}]'.includes(character)) [at, depth] = [at + 1, depth - 1];
    else at += /^[^\s,{}[\]"]+|^[\s,]/.exec(text.slice(at))?.[0].length ?? 1;
  } while (depth > 0 && at < text.length);
  return at;
}
