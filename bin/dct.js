#!/usr/bin/env node
// The `dct` command: hands over to the compiled command line.
import { run } from '../dist/cli/run.js';

await run();
