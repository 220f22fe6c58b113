// debian:trixie-slim without a hub: bootstrapped from Debian's own archive, and kept for the next time.
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { docker } from './docker.js';

const name = 'debian:trixie-slim';
const archive = 'http://deb.debian.org/debian';

/** What everybody needs only once: none of it is in Debian's own slim image either. */
const dropped = [
  'usr/share/doc',
  'usr/share/man',
  'usr/share/info',
  'usr/share/locale',
  'var/cache/apt',
  'var/lib/apt/lists',
];

export function importBaseImage(directory, kept, env) {
  const tarball = join(kept, 'debian-trixie-slim.tar');
  if (!existsSync(tarball)) bootstrap(join(directory, 'trixie'), tarball);
  const file = openSync(tarball, 'r');
  docker(['import', '-', name], env, file);
  closeSync(file);
  console.log(`with ${name}, from ${archive}`);
}

function bootstrap(root, tarball) {
  execFileSync('debootstrap', ['--variant=minbase', 'trixie', root, archive], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (const path of dropped)
    for (const entry of readdirSync(join(root, path))) rmSync(join(root, path, entry), { recursive: true });
  // As in Debian's own image: no documents, and no care for a half-built image that a power cut would leave behind.
  const settings = ['force-unsafe-io', 'path-exclude /usr/share/doc/*', 'path-exclude /usr/share/man/*'];
  writeFileSync(join(root, 'etc/dpkg/dpkg.cfg.d/slim'), `${settings.join('\n')}\n`);
  trustWhatThisMachineTrusts(root);
  execFileSync('tar', ['--create', '--file', `${tarball}.new`, '--directory', root, '.']);
  renameSync(`${tarball}.new`, tarball);
  rmSync(root, { recursive: true });
}

/** Companies put authorities of their own between their machines and the package registries. */
function trustWhatThisMachineTrusts(root) {
  const bundle = '/etc/ssl/certs/ca-certificates.crt';
  if (!existsSync(bundle)) return;
  const directory = join(root, 'usr/local/share/ca-certificates');
  mkdirSync(directory, { recursive: true });
  cpSync(bundle, join(directory, 'this-machine.crt'));
}
