// The version of this program, as its package.json states it.
import { readFileSync } from 'node:fs';

/** From `src/cli` as from `dist/cli`, package.json is two levels up. */
export function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
