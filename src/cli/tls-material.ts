// Certificates for one Notary server, found where Docker looks for them.
import { join } from 'node:path';
import { decodeUtf8 } from '../base/bytes.ts';
import { DctError } from '../base/errors.ts';
import type { Io } from './io.ts';

export interface TlsMaterial {
  /** PEM texts of certificate authorities that are trusted besides the system's own. */
  readonly ca: readonly string[];
  /** For mutual TLS. */
  readonly client?: { readonly certificate: string; readonly key: string };
}

/**
 * Collects `<docker directory>/tls/<host[:port]>/*.crt` (authorities) and `NAME.cert` with `NAME.key` (client), plus the
 * file that was named explicitly.
 * @throws CONFIG_INVALID for half a client certificate and for files that are not PEM, DISK
 */
export async function readTlsMaterial(
  files: Io['files'],
  dockerDirectory: string,
  server: URL,
  named: string | undefined,
): Promise<TlsMaterial> {
  const directory = join(dockerDirectory, 'tls', server.host);
  const names = await files.list(directory);
  const read = (name: string): Promise<string> => readPem(files, join(directory, name));

  const authorities = await Promise.all(names.filter((name) => name.endsWith('.crt')).map(read));
  if (named !== undefined) authorities.push(await readPem(files, named));
  const clients = pairs(directory, names);
  const [pair] = clients;
  if (clients.length > 1) {
    throw unusable(directory, clients.join(', '), 'there is more than one client certificate');
  }
  if (pair === undefined) return { ca: authorities };
  const [certificate, key] = await Promise.all([read(`${pair}.cert`), read(`${pair}.key`)]);
  return { ca: authorities, client: { certificate, key } };
}

/** Base names that have both halves. Half a pair is an error, as it is for Docker: it would be ignored silently. */
function pairs(directory: string, names: readonly string[]): readonly string[] {
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
  return names.filter((name) => name.endsWith('.cert')).map((name) => name.slice(0, -'.cert'.length));
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

function unusable(file: string, path: string, problem: string): DctError {
  return new DctError('CONFIG_INVALID', { file, path, problem });
}
