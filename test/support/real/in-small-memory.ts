// Pieces of dct in a process of their own with a small heap: more than that, and the process dies instead of answering.
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { runCommand } from './programs.ts';

export interface InSmallMemory {
  /** Megabytes for what JavaScript keeps (V8's old space). */
  readonly heap: number;
  /** A module's text, which may await. `say(VALUE)` answers; `load('http/body.js')` imports from the compiled project. */
  readonly script: string;
}

export interface Measured {
  readonly said: unknown;
  /** Largest resident memory of the process, in megabytes; a bare Node.js has about 45. */
  readonly peak: number;
}

const dist = pathToFileURL(join(import.meta.dirname, '../../../dist/')).href;

/** Runs the script to its end. @throws when it does not get there */
export async function inSmallMemory({ heap, script }: InSmallMemory): Promise<Measured> {
  const text = `
    const load = (path) => import(${JSON.stringify(dist)} + path);
    let said;
    const say = (value) => { said = value; };
    ${script}
    const peak = Math.round(process.resourceUsage().maxRSS / 1024);
    process.stdout.write(JSON.stringify({ said, peak }), () => process.exit(0));`;
  const args = [`--max-old-space-size=${heap}`, '--input-type=module', '--eval', text];
  const { code, stdout, stderr } = await runCommand(process.execPath, args, { env: {}, cwd: '/' });
  if (code !== 0) throw new Error(`exit status ${code}\n${stderr}`);
  return JSON.parse(stdout) as Measured;
}
