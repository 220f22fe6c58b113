// The real servers, from Debian's packages, on loopback: certificates, configuration, start, and waiting until they answer.
import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export async function startNotaryServer(directory, port, running) {
  const file = (name) => join(directory, name);
  const openssl = (...args) => execFileSync('openssl', args, { stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.crt'),
    '-subj',
    '/CN=first-signature CA',
  );
  openssl('req', ...key, '-keyout', file('server.key'), '-out', file('server.csr'), '-subj', '/CN=localhost');
  writeFileSync(file('extensions'), 'subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n');
  const authority = ['-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-CAcreateserial'];
  openssl(
    'x509',
    '-req',
    '-in',
    file('server.csr'),
    ...authority,
    '-extfile',
    file('extensions'),
    '-out',
    file('server.crt'),
  );
  const configuration = {
    server: {
      http_addr: `127.0.0.1:${port}`,
      tls_cert_file: file('server.crt'),
      tls_key_file: file('server.key'),
    },
    trust_service: { type: 'local', hostname: '', port: '', key_algorithm: 'ed25519' },
    storage: { backend: 'memory' },
    logging: { level: 'error' },
  };
  writeFileSync(file('notary.json'), JSON.stringify(configuration));
  await start('notary-server', ['-config', file('notary.json')], port, running);
  return { url: `https://localhost:${port}`, ca: file('ca.crt') };
}

export async function startRegistry(directory, port, running) {
  const storage = join(directory, 'registry');
  const file = join(directory, 'registry.yml');
  writeFileSync(
    file,
    `version: 0.1\nlog: { level: error }\nstorage: { filesystem: { rootdirectory: ${storage} } }\nhttp: { addr: "127.0.0.1:${port}" }\n`,
  );
  await start('docker-registry', ['serve', file], port, running);
  const blobFile = (digest) => {
    const [algorithm, hex] = digest.split(':');
    return join(storage, 'docker/registry/v2/blobs', algorithm, hex.slice(0, 2), hex, 'data');
  };
  return { url: `http://localhost:${port}`, port, blobFile };
}

/** Answers `HOST:PORT` of a proxy in front of this registry, once it listens. */
export async function startProxy(file, args, registry, ca, env, running) {
  const all = [...args, '--registry', `localhost:${registry.port}`, ...ca];
  console.log(`$ dct ${all.slice(1).join(' ')}`);
  const child = spawn(file, all, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  running.push(child);
  for await (const line of createInterface(child.stdout)) {
    console.log(line);
    const url = /listening on (http:\S+)/.exec(line)?.[1];
    if (url !== undefined) return new URL(url).host;
  }
  throw new Error('the proxy ended before it listened');
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function start(command, args, port, running) {
  const child = spawn(command, args, { stdio: 'ignore' });
  running.push(child);
  const failed = new Promise((_, reject) => {
    child.once('error', (error) => reject(new Error(`${command} cannot be started: ${error.message}`)));
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}`)));
  });
  failed.catch(() => undefined);
  while (!(await answers(port)))
    await Promise.race([failed, new Promise((resolve) => setTimeout(resolve, 50))]);
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.unref();
    socket.once('close', () => undefined).once('connect', () => socket.destroy());
  });
}
