// The configuration file, checked strictly: a mistyped setting is an error, never silently no protection.
import { dirname, isAbsolute, join } from 'node:path';
import { DctError } from '../base/errors.ts';
import { isJsonObject, JsonProblem, parseJson, type JsonObject, type JsonValue } from '../base/json.ts';
import { isRegistryHost } from '../base/reference.ts';
import type { LocalFiles } from './io.ts';

/** What is configured for one registry, `HOST[:PORT]` as it stands in references. */
export interface RegistryEntry {
  /** Its Notary server's address. */
  readonly notary?: string;
  /** PEM file with the certificate authority of the Notary server. */
  readonly notaryCa?: string;
  /** PEM file with the certificate authority of the registry. */
  readonly ca?: string;
  /** Plain HTTP is allowed when it speaks no TLS. */
  readonly plainHttp?: boolean;
  /** Host of the token server that may see the credentials, where it is not the registry itself. */
  readonly realm?: string;
}

export interface Config {
  readonly registries: ReadonlyMap<string, RegistryEntry>;
  /** Trust pins: a GUN, or a prefix of GUNs that ends in `/*`, and the root key ids that may vouch for it. */
  readonly pins: ReadonlyMap<string, readonly string[]>;
}

/** The ids that root certificates have in `root.json`. */
const keyIdForm = /^[0-9a-f]{64}$/;

export const emptyConfig: Config = { registries: new Map(), pins: new Map() };

/**
 * Reads `config.json`; everything is at its default when there is no such file. File names in it are relative to its
 * own directory.
 * @throws CONFIG_INVALID, DISK
 */
export async function readConfig(files: LocalFiles, file: string): Promise<Config> {
  const bytes = await files.read(file);
  return bytes === undefined ? emptyConfig : parseConfig(bytes, file);
}

/** @throws CONFIG_INVALID */
export function parseConfig(bytes: Uint8Array, file: string): Config {
  const check = new Checker(file);
  const document = check.object(check.document(bytes), '$', ['registries', 'pins']);
  const registries = check.entries(document['registries'], '$.registries').map(([host, value]) => {
    if (!isRegistryHost(host)) throw check.fail('$.registries', `"${host}" is not HOST[:PORT]`);
    return [host, readRegistry(check, value, `$.registries.${host}`)] as const;
  });
  const pins = check.entries(document['pins'], '$.pins').map(([name, value]) => {
    return [name, readPin(check, name, value)] as const;
  });
  return { registries: new Map(registries), pins: new Map(pins) };
}

function readRegistry(check: Checker, value: JsonValue, path: string): RegistryEntry {
  const entry = check.object(value, path, ['notary', 'notaryCa', 'ca', 'plainHttp', 'realm']);
  const notary = check.text(entry['notary'], `${path}.notary`);
  const notaryCa = check.file(entry['notaryCa'], `${path}.notaryCa`);
  const ca = check.file(entry['ca'], `${path}.ca`);
  const plainHttp = check.flag(entry['plainHttp'], `${path}.plainHttp`);
  const realm = check.text(entry['realm'], `${path}.realm`);
  if (realm !== undefined && !isRegistryHost(realm))
    throw check.fail(`${path}.realm`, `"${realm}" is not HOST[:PORT]`);
  return {
    ...(notary !== undefined && { notary }),
    ...(notaryCa !== undefined && { notaryCa }),
    ...(ca !== undefined && { ca }),
    ...(plainHttp !== undefined && { plainHttp }),
    ...(realm !== undefined && { realm }),
  };
}

function readPin(check: Checker, name: string, value: JsonValue): readonly string[] {
  const path = `$.pins.${name}`;
  // A pin that could end within a name would also vouch for its neighbours (`host/team*` for `host/team-evil`).
  if (name.replace(/\/\*$/, '').includes('*')) throw check.fail(path, 'a pattern may only end in /*');
  if (!Array.isArray(value) || value.length === 0)
    throw check.fail(path, 'a list of root key ids is expected');
  return (value as readonly JsonValue[]).map((id, index) => {
    if (typeof id === 'string' && keyIdForm.test(id)) return id;
    throw check.fail(`${path}[${index}]`, '64 lower-case hexadecimal digits are expected');
  });
}

/** The few shapes that the file is made of, each with an error that names the place. */
class Checker {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  fail(path: string, problem: string): DctError {
    return new DctError('CONFIG_INVALID', { file: this.#file, path, problem });
  }

  document(bytes: Uint8Array): JsonValue {
    try {
      return parseJson(bytes, { numbers: 'integers' });
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

  text(value: JsonValue | undefined, path: string): string | undefined {
    if (value === undefined || (typeof value === 'string' && value !== '')) return value;
    throw this.fail(path, 'a text is expected');
  }

  flag(value: JsonValue | undefined, path: string): boolean | undefined {
    if (value === undefined || typeof value === 'boolean') return value;
    throw this.fail(path, 'true or false is expected');
  }

  file(value: JsonValue | undefined, path: string): string | undefined {
    const name = this.text(value, path);
    return name === undefined || isAbsolute(name) ? name : join(dirname(this.#file), name);
  }
}
