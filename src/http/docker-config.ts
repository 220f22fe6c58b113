// Credentials from Docker's config.json: inline, or held by a credential helper, found as Docker finds them (AU-14).
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DctError } from '../base/errors.ts';
import {
  isJsonObject,
  JsonProblem,
  member,
  parseJson,
  type JsonObject,
  type JsonValue,
} from '../base/json.ts';
import { limits } from '../base/limits.ts';
import { askHelper } from './credential-helper.ts';
import { readLogin, type CredentialLookup, type Credentials } from './credentials.ts';
import type { Environment } from './proxy-choice.ts';

export interface DockerConfigOptions {
  /** Docker's configuration directory: `$DOCKER_CONFIG` or `~/.docker`. */
  readonly dir: string;
  /** The environment that credential helpers run in. */
  readonly env: Environment;
}

/** Under this name Docker stores what belongs to Docker Hub. */
const hubServer = 'https://index.docker.io/v1/';

/**
 * A look-up that reads the file anew each time, so that a `docker login` counts at once. No file means anonymous access.
 * The look-up throws CONFIG_INVALID for a file that cannot be used, CREDENTIAL_HELPER for a helper that fails.
 */
export function loadCredentials({ dir, env }: DockerConfigOptions): CredentialLookup {
  const file = join(dir, 'config.json');
  return async (registryHost) => {
    const config = await readConfig(file);
    if (config === undefined) return undefined;
    const server = registryHost === 'docker.io' ? hubServer : registryHost;
    const helper = helperFor(file, config, server);
    if (helper !== undefined) return askHelper({ name: helper, server, env });
    return inlineCredentials(file, config, server);
  };
}

async function readConfig(file: string): Promise<JsonObject | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new DctError('DISK', { file, operation: 'read', problem: code }, error);
  }
  if (bytes.byteLength > limits.dockerConfigBytes) throw invalid(file, '$', 'it is too large');
  let config: JsonValue;
  try {
    config = parseJson(bytes, { numbers: 'any' });
  } catch (error) {
    // What the parser quotes may be part of a password, so only the place is told.
    throw invalid(file, error instanceof JsonProblem ? error.path : '$', 'it is not well-formed JSON');
  }
  if (!isJsonObject(config)) throw invalid(file, '$', 'it is not a JSON object');
  return config;
}

/** The helper of that server, else the helper for all. */
function helperFor(file: string, config: JsonObject, server: string): string | undefined {
  const helpers = objectAt(file, config, 'credHelpers');
  const own = helpers && matching(helpers, server);
  const name = own?.value ?? member(config, 'credsStore');
  if (name === undefined || name === '') return undefined;
  if (typeof name !== 'string')
    throw invalid(file, own ? `credHelpers["${own.key}"]` : 'credsStore', 'it is not a name');
  return name;
}

function inlineCredentials(file: string, config: JsonObject, server: string): Credentials | undefined {
  const auths = objectAt(file, config, 'auths');
  const entry = auths && matching(auths, server);
  if (entry === undefined) return undefined;
  const path = `auths["${entry.key}"]`;
  if (!isJsonObject(entry.value)) throw invalid(file, path, 'it is not an object');
  const text = (name: string): string => {
    const value = member(entry.value as JsonObject, name) ?? '';
    if (typeof value !== 'string') throw invalid(file, `${path}.${name}`, 'it is not a string');
    return value;
  };
  const [identity, access, auth] = [text('identitytoken'), text('registrytoken'), text('auth')];
  if (identity !== '') return { kind: 'identity', token: identity };
  if (access !== '') return { kind: 'access', token: access };
  if (auth !== '')
    return decodeAuth(auth) ?? fail(invalid(file, `${path}.auth`, 'it is not base64 of USER:PASSWORD'));
  const [username, password] = [text('username'), text('password')];
  return username === '' ? undefined : { kind: 'password', username, password };
}

/** Old Docker versions padded passwords with NULs. */
function decodeAuth(auth: string): Credentials | undefined {
  const login = readLogin(auth);
  return login && { ...login, password: login.password.replace(/\0+$/, '') };
}

/** The entry of exactly that name, else one whose host is the server's. */
function matching(entries: JsonObject, server: string): { key: string; value: JsonValue } | undefined {
  const exact = member(entries, server);
  if (exact !== undefined) return { key: server, value: exact };
  const wanted = new Set(
    server === hubServer ? ['docker.io', 'index.docker.io', 'registry-1.docker.io'] : [server],
  );
  const key = Object.keys(entries).find((name) => wanted.has(hostOf(name)));
  return key === undefined ? undefined : { key, value: entries[key] ?? null };
}

/** `https://HOST:PORT/v2/` and the like are stored for the host and port in them. */
function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}

function objectAt(file: string, config: JsonObject, name: string): JsonObject | undefined {
  const value = member(config, name);
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) throw invalid(file, name, 'it is not an object');
  return value;
}

function invalid(file: string, path: string, problem: string): DctError {
  return new DctError('CONFIG_INVALID', { file, path, problem });
}

function fail(error: DctError): never {
  throw error;
}
