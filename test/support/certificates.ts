// Certificates for local TLS servers, made once for each test file with openssl.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestCertificate {
  readonly key: string;
  readonly cert: string;
}

export interface TestAuthority {
  readonly ca: string;
  /** A server certificate for these subject alternative names, such as `DNS:localhost,IP:127.0.0.1`. */
  issue(names: string): TestCertificate;
  close(): void;
}

/** An authority of its own, in a temporary directory. */
export function testAuthority(): TestAuthority {
  const dir = mkdtempSync(join(tmpdir(), 'dct-ca-'));
  const path = (name: string): string => join(dir, name);
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { stdio: 'pipe' });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    path('ca.key'),
    '-out',
    path('ca.crt'),
    '-subj',
    '/CN=test authority',
  );
  let serial = 0;
  return {
    ca: readFileSync(path('ca.crt'), 'utf8'),
    issue(names) {
      const id = `leaf${++serial}`;
      writeFileSync(path(`${id}.ext`), `subjectAltName=${names}\n`);
      openssl('req', ...newKey, '-keyout', path(`${id}.key`), '-out', path(`${id}.csr`), '-subj', '/CN=test');
      const signing = ['-CA', path('ca.crt'), '-CAkey', path('ca.key'), '-CAcreateserial', '-days', '30'];
      openssl(
        'x509',
        '-req',
        '-in',
        path(`${id}.csr`),
        ...signing,
        '-extfile',
        path(`${id}.ext`),
        '-out',
        path(`${id}.crt`),
      );
      return { key: readFileSync(path(`${id}.key`), 'utf8'), cert: readFileSync(path(`${id}.crt`), 'utf8') };
    },
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}
