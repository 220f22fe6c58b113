// A certificate authority for one test run, made with the openssl command.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './programs.ts';
import { searchPath } from './search-path.ts';

/** PEM files of a server's certificate and its private key. */
export interface ServerCertificate {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Authority {
  /** PEM file that clients have to trust. */
  readonly caFile: string;
  /** For `localhost` and 127.0.0.1. */
  readonly loopback: ServerCertificate;
  /** Issues a certificate for other names, in OpenSSL's notation (`DNS:other.example`). */
  issue(subjectAltName: string): Promise<ServerCertificate>;
}

const ecKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Makes an authority and its loopback certificate below `directory`. */
export async function createAuthority(directory: string): Promise<Authority> {
  await mkdir(directory, { recursive: true });
  const caFile = join(directory, 'ca.crt');
  const caKeyFile = join(directory, 'ca.key');
  await openssl(directory, [
    ...['req', '-x509', ...ecKey, '-days', '2', '-subj', '/CN=Test authority'],
    ...['-keyout', caKeyFile, '-out', caFile],
  ]);

  let issued = 0;
  const issue = async (subjectAltName: string): Promise<ServerCertificate> => {
    issued += 1;
    const file = (extension: string): string => join(directory, `server-${issued}.${extension}`);
    const names = { certFile: file('crt'), keyFile: file('key') };
    const [request, extensions] = [file('csr'), file('ext')];
    await writeFile(extensions, `subjectAltName=${subjectAltName}\nextendedKeyUsage=serverAuth\n`);
    await openssl(directory, [
      'req',
      ...ecKey,
      '-subj',
      '/CN=Test server',
      '-keyout',
      names.keyFile,
      '-out',
      request,
    ]);
    await openssl(directory, [
      ...[
        'x509',
        '-req',
        '-in',
        request,
        '-CA',
        caFile,
        '-CAkey',
        caKeyFile,
        '-set_serial',
        String(issued + 1),
      ],
      ...['-days', '2', '-extfile', extensions, '-out', names.certFile],
    ]);
    return names;
  };
  return { caFile, loopback: await issue('DNS:localhost,IP:127.0.0.1'), issue };
}

/** Key and certificate as Node's TLS server takes them. */
export async function loadCertificate(files: ServerCertificate): Promise<{ cert: Buffer; key: Buffer }> {
  const [cert, key] = await Promise.all([readFile(files.certFile), readFile(files.keyFile)]);
  return { cert, key };
}

async function openssl(cwd: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await runCommand('openssl', args, { env: { PATH: searchPath }, cwd });
  if (code !== 0) throw new Error(`openssl ${args[0] ?? ''} failed:\n${stderr}`);
}
