// A real Notary server and a real registry on loopback, for as long as this script runs; everything is gone afterwards.
// `npm run sandbox:real -- [--notary-port N] [--registry-port N]`; needs notary, docker-registry and openssl.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freePort, Processes } from '../shared/processes.js';
import { startNotaryServer, startRegistry } from '../shared/servers.js';

const stopped = new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => resolve(undefined));
});
const directory = mkdtempSync(join(tmpdir(), 'dct-sandbox-'));
const processes = new Processes();

try {
  const { notary, registry } = await startServers();
  console.log(instructions(notary, registry));
  const failure = await Promise.race([stopped, processes.firstEnd()]);
  if (failure !== undefined) throw new Error(failure);
} catch (error) {
  console.error(`sandbox: ${error.message}`);
  process.exitCode = 1;
} finally {
  await processes.stop();
  rmSync(directory, { recursive: true, force: true });
}

async function startServers() {
  const { values } = parseArgs({
    options: {
      'notary-port': { type: 'string', default: '4443' },
      'registry-port': { type: 'string', default: '5000' },
    },
  });
  const notaryPort = await freePort(portNumber(values['notary-port']));
  const registryPort = await freePort(portNumber(values['registry-port']));
  const notary = await startNotaryServer(directory, notaryPort, processes);
  const registry = await startRegistry(directory, registryPort, processes);
  return { notary, registry };
}

/** What makes the clients talk to these servers, and keep their keys and trust data where they go away with them. */
function instructions(notary, registry) {
  const docker = join(directory, 'docker');
  // Where dct and docker trust look for the authority of this one server.
  const certificates = join(docker, 'tls', notary.host);
  mkdirSync(certificates, { recursive: true });
  cpSync(notary.ca, join(certificates, 'ca.crt'));
  const registries = join(directory, 'registries.conf');
  writeFileSync(registries, `[[registry]]\nlocation = "${registry.host}"\ninsecure = true\n`);
  return `Notary server  ${notary.url}  (authority: ${notary.ca})
Registry       ${registry.url}  (files: ${registry.storage})

# dct, docker trust; keys and trust data are below this directory too
export DOCKER_CONFIG=${docker}
export DOCKER_CONTENT_TRUST_SERVER=${notary.url}
# notary
alias notary='notary -s ${notary.url} --tlscacert ${notary.ca} -d ${docker}/trust'
# skopeo
alias skopeo='skopeo --registries-conf ${registries}'

Ctrl-C ends both servers, and removes ${directory}.`;
}

function portNumber(text) {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) throw new Error(`"${text}" is not a port; 0 picks a free one`);
  return port;
}
