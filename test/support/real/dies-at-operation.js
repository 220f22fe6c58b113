// Preloaded into a command under test: counts what it does to files, and kills it right before one of these operations.
import { appendFileSync, constants } from 'node:fs';
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const { DCT_TEST_OPERATIONS: log = '', DCT_TEST_DIES_AT: last = '0' } = process.env;
let count = 0;

/** No handler of the program gets to know of it, as in a power cut. */
function before(operation, path) {
  count += 1;
  if (count === Number(last)) process.kill(process.pid, 'SIGKILL');
  appendFileSync(log, `${operation} ${path}\n`);
}

const { open } = files;
files.open = async (path, flags, ...rest) => {
  if ((flags & constants.O_CREAT) !== 0) before('create', path);
  const handle = await open(path, flags, ...rest);
  for (const name of ['writeFile', 'sync']) {
    const method = handle[name].bind(handle);
    handle[name] = (...given) => {
      before(name === 'sync' ? 'sync' : 'write', path);
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
