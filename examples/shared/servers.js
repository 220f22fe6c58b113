// The real servers, from Debian's packages, on loopback: their configuration, and where they then are.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificates } from './certificates.js';

/** Trust data in memory, HTTPS with a certificate of its own authority. */
export async function startNotaryServer(directory, port, processes) {
  const { ca, certificate, key } = makeCertificates(directory);
  const file = join(directory, 'notary-server.json');
  const configuration = {
    server: { http_addr: `127.0.0.1:${port}`, tls_cert_file: certificate, tls_key_file: key },
    trust_service: { type: 'local' },
    storage: { backend: 'memory' },
    logging: { level: 'error' },
  };
  writeFileSync(file, JSON.stringify(configuration));
  await processes.serve('notary-server', ['-config', file], port);
  return { url: `https://localhost:${port}`, host: `localhost:${port}`, ca };
}

/** Images in files below the directory, plain HTTP. */
export async function startRegistry(directory, port, processes) {
  const storage = join(directory, 'registry');
  const file = join(directory, 'registry.json');
  const configuration = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}` },
  };
  // JSON is YAML too, which is what it reads.
  writeFileSync(file, JSON.stringify(configuration));
  await processes.serve('docker-registry', ['serve', file], port);
  const blobFile = (digest) => {
    const [algorithm, hex] = digest.split(':');
    return join(storage, 'docker/registry/v2/blobs', algorithm, hex.slice(0, 2), hex, 'data');
  };
  return { url: `http://localhost:${port}`, host: `localhost:${port}`, storage, blobFile };
}
