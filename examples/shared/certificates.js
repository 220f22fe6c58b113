// A throw-away certificate authority, and a certificate for localhost that it vouches for.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Answers the files `ca`, `certificate` and `key`, made in this directory. */
export function makeCertificates(directory) {
  const file = (name) => join(directory, name);
  const openssl = (...args) => execFileSync('openssl', args, { stdio: 'ignore' });
  const authority = ['-keyout', file('ca.key'), '-out', file('ca.crt'), '-subj', '/CN=sandbox authority'];
  openssl('req', '-x509', ...key, ...authority);
  const request = ['-keyout', file('server.key'), '-out', file('server.csr'), '-subj', '/CN=localhost'];
  openssl('req', ...key, ...request);
  writeFileSync(file('extensions'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n');
  const issuer = ['-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-CAcreateserial'];
  const extended = ['-extfile', file('extensions'), '-in', file('server.csr'), '-out', file('server.crt')];
  openssl('x509', '-req', ...issuer, ...extended);
  return { ca: file('ca.crt'), certificate: file('server.crt'), key: file('server.key') };
}
