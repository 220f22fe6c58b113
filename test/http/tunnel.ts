// A forward proxy for tests: every CONNECT leads to one server.
import { connect } from 'node:net';
import { serveRaw, type HostileServer } from '../support/hostile-server.ts';

/** A proxy that connects every CONNECT to one server, and remembers the heads. */
export async function tunnel(port: number): Promise<HostileServer & { heads: string[] }> {
  const heads: string[] = [];
  const server = await serveRaw((socket, head) => {
    heads.push(head);
    const onward = connect(port, '127.0.0.1', () => {
      socket.removeAllListeners('data');
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  });
  return Object.assign(server, { heads });
}
