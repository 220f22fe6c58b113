#!/usr/bin/env node
// The `dct` command: hands over to the compiled command line.
let line;
try {
  line = await import('../dist/cli/run.js');
} catch (error) {
  // So early there is no catalogue of errors yet; `test/real/few-descriptors.test.ts` compares the words with it.
  if (error.code !== 'EMFILE' && error.code !== 'ENFILE') throw error;
  console.error(`dct: this process may not open as many files as it needs: ${error.name}: ${error.message}`);
  console.error(
    'next: Raise the limit, then run the same command again: ulimit -n 1024; for a service of systemd LimitNOFILE= in its unit.',
  );
  process.exit(7);
}

await line.run();
