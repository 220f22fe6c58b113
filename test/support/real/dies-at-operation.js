// Preloaded into a command under test: counts what it does to files, and kills it right before one of these operations,
// or before the first one of a kind at which none of its predecessors has died.
import { appendFileSync, constants, readFileSync } from 'node:fs';
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const { DCT_TEST_OPERATIONS: log, DCT_TEST_DIES_AT: last = '0', DCT_TEST_DEATHS: deaths } = process.env;
const survived = new Set(deaths === undefined ? [] : readFileSync(deaths, 'utf8').split('\n'));
let count = 0;

/** No handler of the program gets to know of it, as in a power cut. */
function before(operation, path) {
  count += 1;
  if (count === Number(last)) process.kill(process.pid, 'SIGKILL');
  if (log !== undefined) appendFileSync(log, `${operation} ${path}\n`);
  // Syncing is left out: to a process that is killed and no power that fails, it makes no difference.
  if (deaths !== undefined && operation !== 'sync') dieOnce(`${operation} ${withoutNames(path)}`);
}

function dieOnce(kind) {
  if (survived.has(kind)) return;
  appendFileSync(deaths, `${kind}\n`);
  process.kill(process.pid, 'SIGKILL');
}

/** Hashes, their first two digits as directories, and numbers. */
const withoutNames = (path) =>
  path.replaceAll(/[0-9a-f]{16,}|(?<=\/)[0-9a-f]{2}(?=\/|$)/gu, '*').replaceAll(/\d+/gu, '#');

const { open } = files;
files.open = async (path, flags, ...rest) => {
  if ((flags & constants.O_CREAT) !== 0) before('create', path);
  const handle = await open(path, flags, ...rest);
  for (const name of ['writeFile', 'write', 'truncate', 'sync']) {
    const method = handle[name].bind(handle);
    handle[name] = (...given) => {
      before(name === 'writeFile' ? 'write' : name, path);
      return method(...given);
    };
  }
  return handle;
};

// Of two paths the second one is what the operation makes.
for (const name of ['mkdir', 'rename', 'link', 'unlink', 'rm']) {
  const system = files[name];
  files[name] = (...given) => {
    before(name, name === 'rename' || name === 'link' ? given[1] : given[0]);
    return system(...given);
  };
}

syncBuiltinESMExports();
