// The main job from beginning to end, on a real Notary server and a real registry that live as long as this script:
// sign, resolve, pull through the proxy, corrupt a layer, and be refused. Needs notary, docker-registry, skopeo, openssl.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, mkdtempSync, openSync, writeSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, Processes } from '../shared/processes.js';
import { startNotaryServer, startRegistry } from '../shared/servers.js';
import { pushImage } from './image.js';
import { startProxy } from './proxy.js';

const dct = new URL('../../bin/dct.js', import.meta.url).pathname;
const directory = mkdtempSync(join(tmpdir(), 'dct-first-signature-'));
const processes = new Processes();

try {
  await main();
  say('Every step did what it should. Nothing of this is left.');
} finally {
  await processes.stop();
  rmSync(directory, { recursive: true, force: true });
}

async function main() {
  say('A Notary server, a registry, and an image in it');
  const notary = await startNotaryServer(directory, await freePort(), processes);
  const registry = await startRegistry(directory, await freePort(), processes);
  const name = `${registry.host}/test/trusttest`;
  const image = await pushImage(registry.url, 'test/trusttest', 'latest', 'the first version');
  await pushImage(registry.url, 'test/trusttest', 'unsigned', 'nobody vouched for this');
  console.log(`pushed ${name}:latest ${image.digest}`);

  const env = {
    ...process.env,
    DOCKER_CONFIG: join(directory, 'docker'),
    DOCKER_CONTENT_TRUST_SERVER: notary.url,
    DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: 'a passphrase for the root key',
    DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'a passphrase for the repository key',
  };
  const run = (args) => show(['dct', ...args], process.execPath, [dct, ...args], env);
  const ca = ['--tlscacert', notary.ca];

  say('Sign it, and ask what was signed');
  run(['sign', `${name}:latest`, ...ca]);
  assert.equal(run(['resolve', `${name}:latest`, ...ca]).trim(), `${name}@${image.digest}`);
  run(['inspect', '--pretty', name, ...ca]);

  say('Pull it through the verifying proxy');
  const proxy = await startProxy(dct, registry, ca, env, processes);
  const from = `docker://${proxy}/test/trusttest`;
  const pull = (tag, to) => ['copy', '--src-tls-verify=false', `${from}${tag}`, `dir:${join(directory, to)}`];
  const skopeo = (args) => show(['skopeo', ...args], 'skopeo', args, env);
  skopeo(pull(':latest', 'pulled'));
  console.log('→ exactly what was signed');

  say('A tag that nobody signed is refused; by digest the same image passes, verified');
  refused(() => skopeo(pull(':unsigned', 'refused')), /not signed/);
  const other = await pushImage(registry.url, 'test/trusttest', 'unsigned', 'nobody vouched for this');
  skopeo(pull(`@${other.digest}`, 'by-digest'));

  say('The attack: flip one bit of the signed layer in the storage of the registry');
  flipOneBit(registry.blobFile(image.layer));
  refused(() => skopeo(pull(':latest', 'corrupted')), /./);
}

/** Runs a command the way a user would type it. Its errors stay visible. */
function show(words, file, args, env) {
  console.log(`$ ${words.join(' ')}`);
  try {
    const output = execFileSync(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] }).toString();
    process.stdout.write(output);
    return output;
  } catch (error) {
    process.stdout.write(String(error.stderr));
    throw error;
  }
}

function refused(action, reason) {
  assert.throws(action, (error) => reason.test(String(error.stderr)));
  console.log('→ refused');
}

function flipOneBit(file) {
  const byte = readFileSync(file)[0] ^ 1;
  const handle = openSync(file, 'r+');
  writeSync(handle, Uint8Array.of(byte), 0, 1, 0);
  closeSync(handle);
}

function say(title) {
  console.log(`\n== ${title}`);
}
