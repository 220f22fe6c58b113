// Strict JSON: what two parsers could read differently is refused, so that what was signed is what is read (JS-01 to JS-14).
import { decodeUtf8 } from './bytes.ts';
import { shorten } from './errors.ts';
import { limits } from './limits.ts';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
/** Has no prototype, so that `__proto__` and `constructor` are names like any other (JS-03, NM-08). */
export interface JsonObject {
  readonly [name: string]: JsonValue;
}

export interface JsonOptions {
  /** `integers`: only safe integers written as such, as metadata has them. `any`: whatever JSON allows. */
  readonly numbers: 'integers' | 'any';
}

/** Where and why a document is not acceptable, in few words. Callers turn it into an error that names the document. */
export class JsonProblem extends Error {
  readonly path: string;
  constructor(path: string, problem: string) {
    // Both have names in them that are as long as the document may be (MF-12).
    super(shorten(problem));
    this.path = shorten(path);
  }
}

/**
 * Parses one JSON document. Surrounding white space is allowed, nothing else beyond RFC 8259; refused besides: invalid
 * UTF-8, a byte order mark, duplicate names, lone surrogates, nesting deeper than `limits.jsonDepth`, and more values than
 * `limits.jsonValues`: an empty object takes sixty times as much memory as its bytes.
 * @throws JsonProblem
 */
export function parseJson(bytes: Uint8Array, options: JsonOptions): JsonValue {
  const text = decodeUtf8(bytes);
  if (text === undefined) throw new JsonProblem('$', 'it is not valid UTF-8');
  return new Reader(text, options).document();
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The member of that name, or undefined. Never looks at a prototype. */
export function member(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

const integer = /^-?(?:0|[1-9][0-9]*)$/;
const numberToken = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// The pieces of a string token: no raw control characters, only the escapes of RFC 8259 section 7. One pattern for the whole
// token would need a place on the stack for every character, and a metadata file may be a string of 64 MiB (ED-04).
const plainText = /[^"\\\u0000-\u001f]*/y;
const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const blank = /[ \t\n\r]*/y;

class Reader {
  readonly #text: string;
  readonly #options: JsonOptions;
  #at = 0;
  #values = 0;

  constructor(text: string, options: JsonOptions) {
    this.#text = text;
    this.#options = options;
  }

  document(): JsonValue {
    const value = this.#value('$', 0);
    this.#skipBlanks();
    if (this.#at !== this.#text.length)
      throw new JsonProblem('$', `something follows the document at ${this.#at}`);
    return value;
  }

  #value(path: string, depth: number): JsonValue {
    if (depth > limits.jsonDepth)
      throw new JsonProblem(path, `nested deeper than ${limits.jsonDepth} levels`);
    if (++this.#values > limits.jsonValues)
      throw new JsonProblem(path, `there are more than ${limits.jsonValues} values`);
    this.#skipBlanks();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(path, depth);
      case '[':
        return this.#array(path, depth);
      case '"':
        return this.#string(path);
      case 't':
        return this.#word('true', true, path);
      case 'f':
        return this.#word('false', false, path);
      case 'n':
        return this.#word('null', null, path);
      default:
        return this.#number(path);
    }
  }

  #object(path: string, depth: number): JsonObject {
    const members = Object.create(null) as Record<string, JsonValue>;
    this.#at++;
    if (this.#take('}')) return members;
    do {
      this.#skipBlanks();
      if (this.#text[this.#at] !== '"') throw this.#unexpected(path, 'a member name');
      const name = this.#string(path);
      if (Object.hasOwn(members, name)) throw new JsonProblem(path, `the name "${name}" occurs twice`);
      if (!this.#take(':')) throw this.#unexpected(path, '":"');
      members[name] = this.#value(`${path}.${name}`, depth + 1);
    } while (this.#take(','));
    if (!this.#take('}')) throw this.#unexpected(path, '"," or "}"');
    return members;
  }

  #array(path: string, depth: number): JsonValue[] {
    const items: JsonValue[] = [];
    this.#at++;
    if (this.#take(']')) return items;
    do items.push(this.#value(`${path}[${items.length}]`, depth + 1));
    while (this.#take(','));
    if (!this.#take(']')) throw this.#unexpected(path, '"," or "]"');
    return items;
  }

  #string(path: string): string {
    const end = this.#endOfString();
    if (end === undefined) throw new JsonProblem(path, `a string is not well formed at ${this.#at}`);
    const value = JSON.parse(this.#text.slice(this.#at, end)) as string;
    this.#at = end;
    if (!value.isWellFormed()) throw new JsonProblem(path, 'a string contains half a surrogate pair');
    return value;
  }

  /** The place behind the string token that begins here; undefined when it is none. */
  #endOfString(): number | undefined {
    for (let at = this.#at + 1; ;) {
      plainText.lastIndex = at;
      plainText.test(this.#text);
      at = plainText.lastIndex;
      if (this.#text[at] === '"') return at + 1;
      escaped.lastIndex = at;
      if (!escaped.test(this.#text)) return undefined;
      at = escaped.lastIndex;
    }
  }

  #number(path: string): number {
    numberToken.lastIndex = this.#at;
    const match = numberToken.exec(this.#text);
    if (match === null) throw this.#unexpected(path, 'a value');
    this.#at = numberToken.lastIndex;
    const value = Number(match[0]);
    if (this.#options.numbers === 'integers') {
      const whole = integer.test(match[0]) && Number.isSafeInteger(value) && !Object.is(value, -0);
      if (!whole) throw new JsonProblem(path, `the number ${match[0].slice(0, 40)} is not a safe integer`);
    }
    if (!Number.isFinite(value)) throw new JsonProblem(path, 'a number is out of range');
    return value;
  }

  #word<T extends JsonValue>(word: string, value: T, path: string): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#unexpected(path, 'a value');
    this.#at += word.length;
    return value;
  }

  #take(character: string): boolean {
    this.#skipBlanks();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #skipBlanks(): void {
    blank.lastIndex = this.#at;
    blank.exec(this.#text);
    this.#at = blank.lastIndex;
  }

  #unexpected(path: string, wanted: string): JsonProblem {
    const found = this.#at < this.#text.length ? `"${this.#text[this.#at] ?? ''}"` : 'the end';
    return new JsonProblem(path, `expected ${wanted} at ${this.#at}, found ${found}`);
  }
}
