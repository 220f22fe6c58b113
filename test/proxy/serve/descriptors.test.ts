// PX-07: connections never take the file descriptors that registries, files and the operator need.
import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/base/limits.ts';
import { MeterRegistry } from '../../../src/proxy/index.ts';
import { serveBounds, withinDescriptors } from '../../../src/proxy/serve/bounds.ts';
import { startRig } from '../fakes.ts';
import { getRaw, openPaused } from '../raw.ts';

const { descriptorsPerConnection, clientConnections, clientConnectionsEach } = limits;
const enough = descriptorsPerConnection * clientConnections;

describe('PX-07: with so many file descriptors', () => {
  it.each<[number | undefined, number, number]>([
    [undefined, clientConnections, clientConnectionsEach],
    [enough + 1, clientConnections, clientConnectionsEach],
    [enough, clientConnections, clientConnectionsEach],
    [enough - 1, clientConnections - 1, clientConnectionsEach - 1],
    [1024, 256, 32],
    [64, 16, 2],
    [3, 1, 1],
  ])('%s: %i connections, and %i of one address', (descriptors, connections, connectionsEach) => {
    expect(withinDescriptors(serveBounds, descriptors)).toEqual({
      ...serveBounds,
      connections,
      connectionsEach,
    });
  });

  it('the operator’s own bounds are lowered too, and never raised', () => {
    const bounds = { ...serveBounds, connections: 200, connectionsEach: 100 };
    expect(withinDescriptors(bounds, 400)).toEqual({ ...bounds, connections: 100, connectionsEach: 50 });
    expect(withinDescriptors(bounds, 800)).toBe(bounds);
  });
});

it('PX-07: a proxy with few of them says so once, and counts whom it turns away', async () => {
  const meters = new MeterRegistry();
  const { port, lines } = await startRig({ descriptors: descriptorsPerConnection, meters });
  expect(lines).toEqual([expect.stringContaining('only 4 file descriptors: clients get 1 connections')]);
  const first = await openPaused(port, 'GET /v2/ HTTP/1.1\r\n');
  for (let n = 1; n <= 3; n++) {
    expect((await getRaw(port, '/v2/')).text).toBe('');
    expect(meters.render()).toContain(`dct_proxy_connections_refused_total ${n}\n`);
  }
  first.destroy();
  await expect.poll(async () => (await getRaw(port, '/v2/')).status).toBe(200);
  expect(lines.filter((line) => line.includes('descriptors'))).toHaveLength(1);
});
