// What strangers can do to the memory of a process: endless, huge and many, each with a heap in which more would be death.
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it, type TestContext } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { expectBelow } from '../support/measured.ts';
import { inSmallMemory, type Measured } from '../support/real/in-small-memory.ts';
import { describeReal } from '../support/real/requirement.ts';

const MiB = 1024 * 1024;
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** A server that sends zeros for as long as anybody reads, and counts them. */
async function endless(): Promise<{ readonly url: string; readonly sent: () => number }> {
  const piece = Buffer.alloc(256 * 1024);
  let sent = 0;
  const server = createServer((_request, response) => {
    const more = (): void => {
      do sent += piece.length;
      while (response.write(piece));
    };
    response.on('drain', more).on('error', () => undefined);
    more();
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, sent: () => sent };
}

/** Of the whole process. */
const expectPeakBelow = (task: TestContext['task'], { peak }: Measured, bound: number): void =>
  expectBelow(task, { what: 'MiB of memory at most', value: peak, bound });

const get = (url: string): string => `
  const { createTransport } = await load('http/transport.js');
  const send = createTransport();
  const response = await send({ method: 'GET', url: new URL('${url}'), headers: {} });`;

describeReal([], 'the memory of a process', () => {
  it('ED-01: an endless body of metadata is left at its bound', async ({ task }) => {
    const { url, sent } = await endless();
    const measured = await inSmallMemory({
      heap: 32,
      script: `${get(url)}
        const { readBounded } = await load('http/body.js');
        say(await readBounded(response, ${limits.targetsBytes}, 'it', 'targetsBytes').catch(({ code }) => code));`,
    });
    expect(measured.said).toBe('LIMIT');
    expect(sent()).toBeLessThan(limits.targetsBytes + 64 * MiB);
    // The body once, as far as it was read, and the process itself.
    expectPeakBelow(task, measured, limits.targetsBytes / MiB + 128);
  });

  it('BL-03: of an endless blob nothing stays, however much of it has passed', async ({ task }) => {
    const { url } = await endless();
    const measured = await inSmallMemory({
      heap: 32,
      script: `${get(url)}
        let passed = 0;
        say(await response.body.deliver((chunk) => {
          passed += chunk.byteLength;
          if (passed > ${512 * MiB}) throw new Error('enough');
        }).catch(({ message }) => message));`,
    });
    expect(measured.said).toBe('enough');
    expectPeakBelow(task, measured, 160);
  });

  it.for([
    ['brackets', '['],
    ['blanks', ' '],
  ])('JS-04: 64 MiB of JSON that are all %s', async ([, character], { task }) => {
    const measured = await inSmallMemory({
      // As text it takes those 64 once more.
      heap: 192,
      script: `
        const { parseJson, JsonProblem } = await load('base/json.js');
        const bytes = Buffer.alloc(${limits.targetsBytes}, '${character}');
        try { parseJson(bytes, { numbers: 'integers' }); } catch (error) { say(error instanceof JsonProblem); }`,
    });
    expect(measured.said).toBe(true);
    expectPeakBelow(task, measured, 384);
  });

  it('JS-14: 64 MiB of JSON that are all small values', async ({ task }) => {
    const measured = await inSmallMemory({
      heap: 192,
      script: `
        const { parseJson, JsonProblem } = await load('base/json.js');
        const bytes = Buffer.alloc(${limits.targetsBytes}, '0,');
        bytes[0] = 0x5b;
        bytes[1] = 0x20;
        try { parseJson(bytes, { numbers: 'integers' }); } catch (error) { say(error instanceof JsonProblem); }`,
    });
    expect(measured.said).toBe(true);
    expectPeakBelow(task, measured, 448);
  });

  it('PX-07: a crowd of connections that say nothing costs little, and beyond the bound they are not taken', async ({
    task,
  }) => {
    const measured = await inSmallMemory({
      heap: 48,
      script: `
        const { startProxy } = await load('proxy/index.js');
        const { connect } = await import('node:net');
        const silent = () => undefined;
        const proxy = await startProxy({
          listen: { host: '127.0.0.1', port: 0 },
          upstreams: [{ host: 'registry.test', registry: { host: 'registry.test' }, trust: {} }],
          clock: Date,
          notices: { warn: silent, info: silent, debug: silent },
        });
        const { port } = new URL(proxy.url);
        const sockets = [];
        await new Promise((resolve) => {
          let gone = 0;
          for (let n = 0; n < ${limits.clientConnectionsEach} + 100; n++) {
            // Half a head each.
            const socket = connect(Number(port), '127.0.0.1', () => socket.write('GET /v2/ HTTP/1.1\\r\\n'));
            socket.on('error', silent).on('close', () => { if (++gone === 100) resolve(); }).resume();
            sockets.push(socket);
          }
        });
        say(sockets.filter(({ destroyed }) => !destroyed).length);`,
    });
    expect(measured.said).toBe(limits.clientConnectionsEach);
    expectPeakBelow(task, measured, 192);
  });
});
