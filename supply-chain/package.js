// Makes the package that is published, the same to the byte wherever it is made: `npm run package [DIRECTORY]`.
// npm sets times and owners to fixed values and sorts the files. What it takes from the machine is kept out here: leftovers
// of older builds, and file modes, which follow the umask of whoever cloned and built.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { manifest } from './lock-file.js';

const top = fileURLToPath(new URL('..', import.meta.url));
const target = resolve(process.argv[2] ?? top);

const npm = (...given) =>
  execFileSync('npm', given, { cwd: top, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
/** Without scripts: `prepare` would build once more, with the machine's umask. */
const pack = (...given) => JSON.parse(npm('pack', '--json', '--ignore-scripts', ...given))[0];

rmSync(join(top, 'dist'), { recursive: true, force: true });
npm('run', '--silent', 'build');

const programs = new Set(Object.values(manifest.bin));
for (const { path } of pack('--dry-run').files)
  chmodSync(join(top, path), programs.has(path) ? 0o755 : 0o644);

mkdirSync(target, { recursive: true });
const { filename } = pack('--pack-destination', target);
const file = join(target, filename);
process.stdout.write(`${createHash('sha256').update(readFileSync(file)).digest('hex')}  ${file}\n`);
