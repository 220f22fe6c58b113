// Certificates for one server: those that were named, and those in the directories where Docker looks for them.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isAbsolute, join } from 'node:path';
import { decodeUtf8 } from '../base/bytes.ts';
import { DctError, isDctError } from '../base/errors.ts';
import type { Notices } from '../base/ports.ts';
import type { Io } from './io.ts';

export interface TlsMaterial {
  /** PEM texts of certificate authorities that are trusted besides the system's own. */
  readonly ca: readonly string[];
  /** For mutual TLS. */
  readonly client?: { readonly certificate: string; readonly key: string };
}

/** Absolute paths of PEM files. */
export interface NamedTlsFiles {
  readonly ca?: string | undefined;
  /** Shown instead of whatever is in Docker's directory. */
  readonly client?: ClientFiles | undefined;
}

interface ClientFiles {
  readonly certificate: string;
  readonly key: string;
}

/** Docker's directories for the certificates of a registry: Docker Desktop's, the rootless engine's, and the system's. */
export function registryDirectories(
  { env, home }: Pick<Io, 'env' | 'home'>,
  dockerDirectory: string,
  host: string,
): readonly string[] {
  const configured = env['XDG_CONFIG_HOME'] ?? '';
  const ownConfig = isAbsolute(configured) ? configured : join(home, '.config');
  return [dockerDirectory, join(ownConfig, 'docker'), '/etc/docker'].map((base) =>
    join(base, 'certs.d', host),
  );
}

/**
 * Collects `*.crt` (authorities) from all the directories, `NAME.cert` with `NAME.key` (client) from the first one that has
 * them, and the files that were named. Warns when others may touch the private key, and when we may not read what was found.
 * @throws CONFIG_INVALID for half a client certificate, for keys that are encrypted or belong to another certificate, and
 * for files that are not PEM; DISK
 */
export async function readTlsMaterial(
  { files, notices }: TlsContext,
  directories: readonly string[],
  named: NamedTlsFiles,
): Promise<TlsMaterial> {
  const listed = await Promise.all(
    directories.map(async (directory) => [directory, await files.list(directory)] as const),
  );
  const authorities = listed.flatMap(([directory, names]) =>
    names.filter((name) => name.endsWith('.crt')).map((name) => join(directory, name)),
  );
  const found = await Promise.all(
    authorities.map((file) => unlessForbidden(notices, () => readPem(files, file))),
  );
  const ca = found.filter((text) => text !== undefined);
  if (named.ca !== undefined) ca.push(await readPem(files, named.ca));

  if (named.client !== undefined) return { ca, client: await readPair({ files, notices }, named.client) };
  for (const [directory, names] of listed) {
    const pair = clientIn(directory, names);
    if (pair === undefined) continue;
    const client = await unlessForbidden(notices, () => readPair({ files, notices }, pair));
    if (client !== undefined) return { ca, client };
  }
  return { ca };
}

interface TlsContext {
  readonly files: Io['files'];
  readonly notices: Pick<Notices, 'warn'>;
}

/** The system's directories may hold keys that are root's alone; nobody asked for exactly those. */
async function unlessForbidden<T>(
  notices: TlsContext['notices'],
  read: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!isDctError(error, 'DISK') || error.facts.problem !== 'EACCES') throw error;
    notices.warn(`${error.facts.file} may not be read, and is left out`);
    return undefined;
  }
}

async function readPair({ files, notices }: TlsContext, pair: ClientFiles): Promise<ClientFiles> {
  const [certificate, key] = await Promise.all([readPem(files, pair.certificate), readPem(files, pair.key)]);
  checkPair(pair, certificate, key);
  const access = await files.access(pair.key);
  if (access !== undefined && (access.mode & 0o077) !== 0)
    notices.warn(
      `${pair.key} is the private key of a client certificate, and other users can read or change it`,
    );
  return { certificate, key };
}

/** Half a pair is an error, as it is for Docker, and so are two: something would be ignored silently. */
function clientIn(directory: string, names: readonly string[]): ClientFiles | undefined {
  for (const [half, other] of [
    ['.cert', '.key'],
    ['.key', '.cert'],
  ] as const) {
    const lonely = names.find(
      (name) => name.endsWith(half) && !names.includes(name.slice(0, -half.length) + other),
    );
    if (lonely === undefined) continue;
    const missing = lonely.slice(0, -half.length) + other;
    const hint = half === '.cert' ? ' (a certificate authority must end in .crt)' : '';
    throw unusable(directory, lonely, `${missing} is missing beside it${hint}`);
  }
  const [name, ...more] = names
    .filter((file) => file.endsWith('.cert'))
    .map((file) => file.slice(0, -'.cert'.length));
  if (name === undefined) return undefined;
  if (more.length === 0)
    return { certificate: join(directory, `${name}.cert`), key: join(directory, `${name}.key`) };
  throw unusable(directory, [name, ...more].join(', '), 'there is more than one client certificate');
}

/** What OpenSSL would say about all files at once is said here about one of them. @throws CONFIG_INVALID */
function checkPair(files: ClientFiles, certificate: string, key: string): void {
  if (/^(?:-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED)/m.test(key)) {
    const problem =
      'it is encrypted, and nobody is asked for its passphrase; store it without one, for your eyes only: ' +
      'openssl pkey -in FILE -out FILE.plain';
    throw unusable(files.key, 'private key', problem);
  }
  const read = <T>(file: string, what: string, parse: () => T): T => {
    try {
      return parse();
    } catch (error) {
      throw unusable(file, what, 'it cannot be read', error);
    }
  };
  const leaf = read(files.certificate, 'certificate', () => new X509Certificate(certificate));
  const own = read(files.key, 'private key', () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(own))
    throw unusable(files.key, 'private key', `it does not belong to the certificate in ${files.certificate}`);
}

/** @throws DISK, CONFIG_INVALID */
export async function readPem(files: Io['files'], path: string): Promise<string> {
  const bytes = await files.read(path);
  if (bytes === undefined)
    throw new DctError('DISK', { file: path, operation: 'read', problem: 'there is no such file' });
  const text = decodeUtf8(bytes);
  if (text === undefined || !text.includes('-----BEGIN '))
    throw unusable(path, 'PEM', 'no PEM block was found');
  return text;
}

function unusable(file: string, path: string, problem: string, cause?: unknown): DctError {
  return new DctError('CONFIG_INVALID', { file, path, problem }, cause);
}
