// A crowd of clients in a process of its own: each opens a connection, says at most the beginning of something, and stays.
import { startServer } from './programs.ts';

export interface CrowdOptions {
  readonly port: number;
  readonly count: number;
  /** Where they come from, by turns; all of 127.0.0.0/8 is this machine. */
  readonly addresses: readonly string[];
  /** What every other one of them says; the rest is silent. */
  readonly beginning: Uint8Array;
}

export interface Crowd {
  /** Connections that were closed by the other side. */
  turnedAway(): number;
  /** All of it leaves at once. */
  leave(): Promise<void>;
}

/** Runs in the crowd's process. It tells how many were turned away, whenever that changes. */
const script = `
  import { connect } from 'node:net';
  const { port, count, addresses, beginning } = JSON.parse(process.argv[1]);
  let [joined, closed, told] = [0, 0, -1];
  // More at a time, and the kernel drops some, which then come back seconds later.
  const next = () => {
    if (joined === count) return;
    const n = joined++;
    const socket = connect({ port, host: '127.0.0.1', localAddress: addresses[n % addresses.length] }, () => {
      if (n % 2 === 0) socket.write(Buffer.from(beginning, 'hex'));
      next();
    });
    socket.on('error', () => socket.connecting && next()).on('close', () => { closed += 1; }).resume();
  };
  setInterval(() => {
    if (closed !== told) console.log(closed);
    told = closed;
  }, 20);
  for (let n = 0; n < 128; n++) next();`;

/** Sends a crowd. Who is turned away does not come again. */
export async function sendCrowd({ beginning, ...options }: CrowdOptions): Promise<Crowd> {
  const order = JSON.stringify({ ...options, beginning: Buffer.from(beginning).toString('hex') });
  const crowd = await startServer(
    process.execPath,
    ['--input-type=module', '--eval', script, order],
    { env: {}, cwd: '/' },
    (started) => started.stdout() !== '',
  );
  return {
    turnedAway: () => Number(crowd.stdout().trimEnd().split('\n').at(-1)),
    leave: () => crowd.kill(),
  };
}
