// The few shapes that configuration files are made of, each with an error that names the place.
import { dirname, isAbsolute, join } from 'node:path';
import { DctError } from '../base/errors.ts';
import {
  isJsonObject,
  JsonProblem,
  parseJson,
  type JsonObject,
  type JsonOptions,
  type JsonValue,
} from '../base/json.ts';

/** Reads one file. Every method but `fail` throws CONFIG_INVALID. */
export class Checker {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  fail(path: string, problem: string): DctError {
    return new DctError('CONFIG_INVALID', { file: this.#file, path, problem });
  }

  document(bytes: Uint8Array, numbers: JsonOptions['numbers'] = 'integers'): JsonValue {
    try {
      return parseJson(bytes, { numbers });
    } catch (error) {
      if (error instanceof JsonProblem) throw this.fail(error.path, error.message);
      throw error;
    }
  }

  object(value: JsonValue, path: string, known: readonly string[]): JsonObject {
    if (!isJsonObject(value)) throw this.fail(path, 'an object is expected');
    const unknown = Object.keys(value).find((name) => !known.includes(name));
    if (unknown !== undefined) {
      throw this.fail(`${path}.${unknown}`, `there is no such setting (known here: ${known.join(', ')})`);
    }
    return value;
  }

  entries(value: JsonValue | undefined, path: string): readonly (readonly [string, JsonValue])[] {
    if (value === undefined) return [];
    if (!isJsonObject(value)) throw this.fail(path, 'an object is expected');
    return Object.entries(value);
  }

  /** At least one value. */
  list(value: JsonValue, path: string, what: string): readonly JsonValue[] {
    if (Array.isArray(value) && value.length > 0) return value as readonly JsonValue[];
    throw this.fail(path, `a list of ${what} is expected`);
  }

  text(value: JsonValue | undefined, path: string): string | undefined {
    if (value === undefined || (typeof value === 'string' && value !== '')) return value;
    throw this.fail(path, 'a text is expected');
  }

  flag(value: JsonValue | undefined, path: string): boolean | undefined {
    if (value === undefined || typeof value === 'boolean') return value;
    throw this.fail(path, 'true or false is expected');
  }

  /** Relative names are relative to the file that has them. */
  file(value: JsonValue | undefined, path: string): string | undefined {
    const name = this.text(value, path);
    return name === undefined || isAbsolute(name) ? name : join(dirname(this.#file), name);
  }
}
