// `--root-key` and `--root-cert`: with which root key a repository begins.
import { resolve } from 'node:path';
import { DctError } from '../base/errors.ts';
import type { RootChoice } from '../tuf-client/author/index.ts';
import type { Context } from './context.ts';

export interface RootOptions {
  readonly rootKey?: string;
  readonly rootCert?: string;
}

/** Undefined when nothing was chosen. @throws KEY_UNKNOWN, KEY_AMBIGUOUS, KEY_REFUSED, USAGE, DISK */
export async function rootChoice(
  { io, services }: Pick<Context, 'io' | 'services'>,
  { rootKey, rootCert }: RootOptions,
): Promise<RootChoice | undefined> {
  if (rootKey === undefined && rootCert === undefined) return undefined;
  const key = rootKey === undefined ? undefined : await (await services.keyKeeper()).find(rootKey);
  if (key !== undefined && key.role !== 'root')
    throw new DctError('KEY_REFUSED', {
      what: `key ${key.keyId} as a root key`,
      problem: `it is a ${key.role === '' ? 'key without a role' : `${key.role} key`}`,
    });
  if (rootCert === undefined) return { key: key?.keyId };
  const bytes = await io.files.read(resolve(io.workingDirectory, rootCert));
  if (bytes === undefined)
    throw new DctError('KEY_REFUSED', { what: rootCert, problem: 'there is no such file' });
  const { readCertificateFile } = await import('../tuf-client/author/index.ts');
  return { key: key?.keyId, certificate: readCertificateFile(rootCert, bytes) };
}
