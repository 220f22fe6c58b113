// Tunnels to hosts that are none of our registries: opened where the operator allows it, and not looked into.
import { connect, type Socket } from 'node:net';
import { pipeline, type Duplex } from 'node:stream';
import { DctError, isDctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { addressKind, confinedLookup, within } from '../../http/address.ts';
import type { Passage } from './tunnel-target.ts';

/**
 * Connects to the host of a passage. The address that was checked is the one that is connected to, so that no name can
 * lead to a neighbour (AU-09).
 * @param signal aborted when nobody wants it any more
 * @throws TUNNEL_REFUSED when its address lies too far inwards; UNREACHABLE, TIMEOUT
 */
export function openPassage({ host, port, reach }: Passage, signal: AbortSignal): Promise<Socket> {
  const origin = `${host}:${port}`;
  const name = host.replace(/^\[|\]$/g, '');
  // Sockets resolve names only; an address written out has to be judged here.
  if (reach !== undefined && !within(addressKind(name), reach)) return Promise.reject(tooFarInwards(origin));
  return new Promise((resolve, reject) => {
    const socket = connect({ host: name, port, signal, ...(reach && { lookup: confinedLookup(reach) }) });
    socket.setTimeout(limits.connectMs, () => {
      reject(new DctError('TIMEOUT', { origin, phase: 'connect', seconds: limits.connectMs / 1000 }));
      socket.destroy();
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // The look-up throws ours.
      if (isDctError(error)) reject(tooFarInwards(origin));
      else reject(new DctError('UNREACHABLE', { origin, problem: error.code ?? error.message }, error));
    });
    socket.once('connect', () => {
      socket.removeAllListeners('error').setTimeout(0).removeAllListeners('timeout');
      resolve(socket);
    });
  });
}

function tooFarInwards(target: string): DctError {
  return new DctError('TUNNEL_REFUSED', { target, problem: 'its address is not a public one' });
}

/** Lets bytes pass both ways until either side ends, or both were silent for too long (PX-07). */
export function joinPassage(client: Duplex, server: Socket): void {
  server.setTimeout(limits.clientIdleMs, () => server.destroy());
  const end = (error: unknown): void => {
    if (error) for (const side of [client, server]) side.destroy();
  };
  pipeline(client, server, end);
  pipeline(server, client, end);
}
