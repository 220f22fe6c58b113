// PX-07: ten thousand connections that say little, and a process with few file descriptors: whoever else comes is served.
import { Agent, get as getPlain, type RequestOptions } from 'node:http';
import { get as getTls } from 'node:https';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { usageOf } from '../../bench/usage.ts';
import { collectsGarbage, leaks, residueOf, type Residue } from '../../soak/residue.ts';
import { limits } from '../../src/base/limits.ts';
import { testAuthority } from '../support/certificates.ts';
import { expectBelow } from '../support/measured.ts';
import { dctProgram } from '../support/real/clients.ts';
import { sendCrowd, type Crowd, type CrowdOptions } from '../support/real/crowd.ts';
import { startServer, until, type Server } from '../support/real/programs.ts';
import { describeReal } from '../support/real/requirement.ts';
import { searchPath } from '../support/real/search-path.ts';

const MiB = 1024 * 1024;
const halfHead = Buffer.from('GET /v2/ HTTP/1.1\r\n');
/** A handshake of 512 bytes, of which one comes. */
const halfRecord = Buffer.of(22, 3, 1, 2, 0, 1);
const one = ['127.0.0.1'];
const many = Array.from({ length: 20 }, (_, n) => `127.0.1.${n + 1}`);
/** Somebody else. */
const honest = '127.0.0.2';

let home: string;
let server: Server;
let urls: { readonly listening: string; readonly admin: string };
let ca: string | undefined;
const crowds: Crowd[] = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'dct-crowd-'));
});
afterEach(async () => {
  for (const crowd of crowds.splice(0)) await crowd.leave();
  await server.kill();
  await rm(home, { recursive: true });
});

interface Start {
  readonly tls?: boolean;
  /** As many as the machine gives when left out. */
  readonly descriptors?: number;
  readonly nodeOptions?: string;
}

async function startProxy({ tls = false, descriptors, nodeOptions = collectsGarbage }: Start): Promise<void> {
  ca = undefined;
  if (tls) {
    const authority = testAuthority();
    const { cert, key } = authority.issue('IP:127.0.0.1');
    authority.close();
    await writeFile(join(home, 'cert.pem'), cert);
    await writeFile(join(home, 'key.pem'), key);
    ({ ca } = authority);
  }
  const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors}; `;
  const own = tls ? ['--tls-cert', 'cert.pem', '--tls-key', 'key.pem'] : [];
  const addresses = ['--listen', '127.0.0.1:0', '--admin-listen', '0'];
  const proxy = ['proxy', '--json', '--no-cache', '--registry', 'registry.test', ...addresses, ...own];
  server = await startServer(
    'sh',
    ['-c', `${limit}exec "$@"`, 'sh', process.execPath, dctProgram, ...proxy],
    { env: { PATH: searchPath, HOME: home, NODE_OPTIONS: nodeOptions }, cwd: home },
    (started) => started.stdout().endsWith('}\n'),
  );
  urls = JSON.parse(server.stdout()) as typeof urls;
}

/** The status of an answer; 0 when the connection was closed without one. */
function get(url: string, options: RequestOptions = {}): Promise<number> {
  return new Promise((resolve) => {
    const send = url.startsWith('https:') ? getTls : getPlain;
    send(url, { agent: false, ...(ca !== undefined && { ca }), ...options }, (response) => {
      response.resume().once('close', () => resolve(response.statusCode ?? 0));
    }).once('error', () => resolve(0));
  });
}

const askAs = (address: string): Promise<number> => get(`${urls.listening}/v2/`, { localAddress: address });

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${urls.admin}/metrics`)).text();
  return Number(new RegExp(`^dct_proxy_${name} (\\d+)$`, 'mu').exec(text)?.[1]);
}

async function send(options: Omit<CrowdOptions, 'port'>): Promise<Crowd> {
  const crowd = await sendCrowd({ port: Number(new URL(urls.listening).port), ...options });
  crowds.push(crowd);
  return crowd;
}

/** In two processes, each with as many as it may have files. */
async function sendHalves(options: Omit<CrowdOptions, 'port'>): Promise<Crowd & { readonly count: number }> {
  const { userLimits } = process.report.getReport() as {
    userLimits: { open_files: { hard: number | string } };
  };
  const { hard } = userLimits.open_files;
  const count = Math.min(options.count / 2, typeof hard === 'number' ? hard - 100 : Infinity);
  const [first, second] = [await send({ ...options, count }), await send({ ...options, count })];
  return {
    count: 2 * count,
    turnedAway: () => first.turnedAway() + second.turnedAway(),
    leave: async () => {
      await first.leave();
      await second.leave();
    },
  };
}

async function expectNothingLeft(before: Residue): Promise<void> {
  await until(async () => (await metric('connections')) === 0, 'everybody to be forgotten');
  server.signal('SIGUSR2');
  expect(await askAs(honest)).toBe(200);
  expect(leaks(before, await residueOf(server.pid))).toEqual([]);
}

const descriptorsOf = async (pid: number): Promise<number> => (await readdir(`/proc/${pid}/fd`)).length;

describeReal([], 'a crowd before a proxy', () => {
  it('PX-07: of one address, silent or within its TLS handshakes, is bounded and in nobody’s way', async ({
    task,
  }) => {
    await startProxy({ tls: true });
    expect([await askAs(honest), await metric('connections_refused_total')]).toEqual([200, 0]);
    const before = await residueOf(server.pid);
    const crowd = await sendHalves({ count: 10_000, addresses: one, beginning: halfRecord });
    let highest = 0;
    await until(async () => {
      highest = Math.max(highest, await metric('connections'));
      expect(await askAs(honest)).toBe(200);
      return crowd.turnedAway() >= crowd.count - limits.clientConnectionsEach;
    }, 'the crowd to be there');
    expect(highest).toBeGreaterThanOrEqual(limits.clientConnectionsEach);
    // The honest one may be seen too.
    expect(highest).toBeLessThanOrEqual(limits.clientConnectionsEach + 2);
    expectBelow(task, {
      what: 'MiB of memory at most',
      value: (await usageOf(server.pid)).peak / MiB,
      bound: 256,
    });
    await crowd.leave();
    await expectNothingLeft(before);
  });

  it('PX-07: of many addresses, with half a request each, is bounded, and gone when it has left', async ({
    task,
  }) => {
    await startProxy({});
    expect([await askAs(honest), await metric('connections_refused_total')]).toEqual([200, 0]);
    const before = await residueOf(server.pid);
    const crowd = await sendHalves({ count: 6_000, addresses: many, beginning: halfHead });
    let highest = 0;
    await until(async () => {
      highest = Math.max(highest, await metric('connections'));
      return crowd.turnedAway() >= crowd.count - limits.clientConnections;
    }, 'the crowd to be there');
    expect(highest).toBeLessThanOrEqual(limits.clientConnections);
    expect(await metric('connections_refused_total')).toBeGreaterThan(0);
    expectBelow(task, {
      what: 'MiB of memory at most',
      value: (await usageOf(server.pid)).peak / MiB,
      bound: 256,
    });
    await crowd.leave();
    await expectNothingLeft(before);
  });
});

describeReal([], 'a proxy with few file descriptors', () => {
  /** Fewer are not enough to load it: Node opens many modules at once. */
  const descriptors = 192;
  /** A quarter; the eighth part of that for one address. */
  const [connections, connectionsEach] = [48, 6];

  it('PX-07: says so once, and has some left for others and for the operator, whoever comes', async () => {
    await startProxy({ descriptors });
    const ready = (): Promise<number> => get(`${urls.admin}/readyz`);
    const single = await send({ count: 500, addresses: one, beginning: halfHead });
    await until(async () => {
      expect([await askAs(honest), await ready()]).toEqual([200, 200]);
      return single.turnedAway() >= 500 - connectionsEach;
    }, 'a crowd of one address');
    const full = await send({ count: 500, addresses: many, beginning: halfHead });
    await until(async () => {
      expect(await ready()).toBe(200);
      return full.turnedAway() >= 500 - connections;
    }, 'a crowd of many');
    // By us, not by libuv for want of descriptors.
    expect(await metric('connections_refused_total')).toBeGreaterThanOrEqual(
      500 - connectionsEach + 500 - connections,
    );
    expect(await descriptorsOf(server.pid)).toBeLessThan(descriptors);
    for (const crowd of crowds.splice(0)) await crowd.leave();
    await until(async () => (await askAs(honest)) === 200, 'room');
    expect(server.log().match(/file descriptors/gu)).toHaveLength(1);
  });

  it('PX-07: lives on when something else has them all, and serves when they are free again', async () => {
    const hog = `
      import { closeSync, openSync } from 'node:fs';
      let taken = [];
      process.on('SIGUSR2', () => {
        if (taken.length > 0) taken.splice(0).forEach((one) => closeSync(one));
        else try { for (;;) taken.push(openSync('/dev/null')); } catch {}
      });`;
    await startProxy({
      descriptors,
      nodeOptions: `--import=data:text/javascript,${encodeURIComponent(hog)}`,
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const again = (): Promise<number> => get(`${urls.listening}/v2/`, { agent });
    expect(await again()).toBe(200);
    server.signal('SIGUSR2');
    await until(
      async () => (await descriptorsOf(server.pid)) >= descriptors,
      'the last descriptor to be taken',
    );
    for (let n = 0; n < 20; n++) expect([await askAs(honest), await again()]).toEqual([0, 200]);
    server.signal('SIGUSR2');
    await until(async () => (await askAs(honest)) === 200, 'a free descriptor');
    expect(await again()).toBe(200);
    agent.destroy();
  });
});
