// The tutorial with compose.yaml: real servers, our proxy and a Docker engine behind it, all of them in containers.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { describeReal } from '../support/real/requirement.ts';
import { searchPath } from '../support/real/search-path.ts';

const script = new URL('../../compose/check/run.js', import.meta.url).pathname;

describeReal(['dockerd', 'docker-compose', 'debootstrap'], 'compose.yaml', () => {
  it('takes the tutorial from beginning to end, and leaves nothing', { timeout: 20 * 60_000 }, async () => {
    // Ports of its own, so that somebody's sandbox on the usual ones is no obstacle.
    const ports = {
      SANDBOX_NOTARY_PORT: '14443',
      SANDBOX_REGISTRY_PORT: '15000',
      SANDBOX_PROXY_PORT: '15001',
    };
    const child = spawn(process.execPath, [script], {
      env: { ...process.env, ...ports, PATH: searchPath },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const printed: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => printed.push(text));
    const [code] = (await once(child, 'close')) as [number | null];
    const story = printed.join('');
    expect(code, story.slice(-20_000)).toBe(0);
    expect(story).toMatch(/Every step did what it should, and nothing of it is left/);
  });
});
