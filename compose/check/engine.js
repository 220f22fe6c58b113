// The Docker engine of the check: the one that runs on this machine, otherwise one of its own that ends with it.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { importBaseImage } from './base-image.js';

/** Answers the environment in which `docker` reaches the engine, and how to end what was started for it. */
export async function findEngine(directory, kept) {
  if (answers(process.env)) {
    console.log('the one that runs here already');
    return { environment: process.env, stop: async () => undefined };
  }
  const engine = await startEngine(directory);
  try {
    importBaseImage(directory, kept, engine.environment);
  } catch (error) {
    await engine.stop();
    throw error;
  }
  return engine;
}

async function startEngine(directory) {
  // Sockets have short paths, and the data may be too much for /tmp.
  const sockets = mkdtempSync(join(tmpdir(), 'dct-engine-'));
  const environment = { ...process.env, DOCKER_HOST: `unix://${sockets}/docker.sock` };
  const logFile = join(directory, 'dockerd.log');
  const log = openSync(logFile, 'w');
  const places = ['--data-root', join(directory, 'engine'), '--exec-root', join(sockets, 'exec')];
  const socket = ['--host', environment.DOCKER_HOST, '--pidfile', join(sockets, 'pid')];
  // The sandbox brings its own network, and packets need no rules to stay on this machine: none are left behind either.
  const network = ['--bridge=none', '--iptables=false', '--ip-forward=false'];
  const child = spawn('dockerd', [...places, ...socket, ...network], { stdio: ['ignore', log, log] });
  closeSync(log);
  const ended = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
  let running = true;
  ended.then(() => (running = false));
  const stop = async () => {
    child.kill();
    await ended;
    unmountBelow(sockets);
    rmSync(sockets, { recursive: true, force: true });
  };
  while (!answers(environment)) {
    await pause(200);
    if (running) continue;
    await stop();
    throw new Error(`no engine runs here, and dockerd cannot be started:\n${readFileSync(logFile, 'utf8')}`);
  }
  console.log('one of its own');
  return { environment, stop };
}

/** dockerd leaves its network namespace mounted. */
function unmountBelow(directory) {
  const places = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  for (const place of places.filter((place) => place.startsWith(`${directory}/`)))
    execFileSync('umount', [place]);
}

function answers(env) {
  return spawnSync('docker', ['version'], { env, stdio: 'ignore' }).status === 0;
}
