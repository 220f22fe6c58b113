// Lets dct live at another time, while the servers and OpenSSL stay in the present.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** An environment in which Node's `Date` runs ahead by `days`; `directory` takes the script that makes it so. */
export async function shiftedClock(directory: string, days: number): Promise<{ NODE_OPTIONS: string }> {
  const file = join(directory, `clock-ahead-${days}-days.mjs`);
  await writeFile(
    file,
    `const Present = Date;
     const now = () => Present.now() + ${days} * 24 * 60 * 60 * 1000;
     globalThis.Date = class Date extends Present {
       static now() { return now(); }
       constructor(...given) { super(...(given.length === 0 ? [now()] : given)); }
     };`,
  );
  return { NODE_OPTIONS: `--import=${pathToFileURL(file).href}` };
}
