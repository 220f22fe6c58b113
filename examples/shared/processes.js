// Servers as child processes: a port for each, waiting until they answer, and ending all of them.
import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** The processes that were started, in order. */
export class Processes {
  #children = [];

  /** Starts a server, and waits until something listens on its port. */
  async serve(command, args, port) {
    const child = this.start(command, args, 'ignore');
    const failed = ended(child, command).then((message) => Promise.reject(new Error(message)));
    failed.catch(() => undefined);
    while (!(await answers(port))) await Promise.race([failed, pause(50)]);
  }

  start(command, args, stdio, env = process.env) {
    const child = spawn(command, args, { env, stdio });
    this.#children.push(child);
    return child;
  }

  /** Answers what happened, as soon as one of them ends. */
  firstEnd() {
    return Promise.race(this.#children.map((child) => ended(child, child.spawnfile)));
  }

  /** Ends them all, the last one first, and waits until they are gone. */
  async stop() {
    for (const child of this.#children.splice(0).reverse()) {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) continue;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await gone;
    }
  }
}

function ended(child, command) {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`${command} cannot be started: ${error.message}`));
    child.once('exit', (code, signal) => resolve(`${command} ended with ${code ?? signal}`));
  });
}

/** A port of 127.0.0.1 that nobody uses: this one, or with 0 any. Fails when somebody does. */
export function freePort(wanted = 0) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => reject(new Error(`port ${wanted} cannot be used: ${error.message}`)));
    server.listen(wanted, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
