// Certificates for anything but a server's name: clients and signers of tokens, issued by an authority of the test.
import { join } from 'node:path';
import type { ServerCertificate } from './certificates.ts';
import { runCommand } from './programs.ts';
import { searchPath } from './search-path.ts';

export interface IssueOptions {
  /** Of the files and of the subject. */
  readonly name: string;
  /** `ec` is P-256, `rsa` has 2048 bits. */
  readonly key?: 'ec' | 'rsa';
  /** The private key is stored under it. */
  readonly passphrase?: string;
}

/** Issues one in the directory of `createAuthority`, beside `ca.crt` and `ca.key`. */
export async function issueCertificate(
  directory: string,
  { name, key = 'ec', passphrase }: IssueOptions,
): Promise<ServerCertificate> {
  const files = { certFile: join(directory, `${name}.crt`), keyFile: join(directory, `${name}.key`) };
  const kind = key === 'ec' ? ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] : ['rsa:2048'];
  const args = [
    ...['req', '-x509', '-newkey', ...kind, '-days', '2', '-subj', `/CN=${name}`],
    ...['-CA', join(directory, 'ca.crt'), '-CAkey', join(directory, 'ca.key')],
    ...['-keyout', files.keyFile, '-out', files.certFile],
    ...(passphrase === undefined ? ['-nodes'] : ['-passout', `pass:${passphrase}`]),
    ...['-addext', 'basicConstraints=critical,CA:FALSE'],
  ];
  const { code, stderr } = await runCommand('openssl', args, { env: { PATH: searchPath }, cwd: directory });
  if (code !== 0) throw new Error(`openssl req failed:\n${stderr}`);
  return files;
}
