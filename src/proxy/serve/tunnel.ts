// Tunnels that clients ask their HTTP proxy for: opened by ourselves where they lead to a registry, so that what passes is verified.
import { constants } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls';
import { DctError, foreseen, printable } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Notices } from '../../base/ports.ts';
import { acceptTunnel, refuseTunnel } from './tunnel-answer.ts';
import { joinPassage, openPassage } from './tunnel-passage.ts';
import { TunnelTargets, type Passage, type PassageRules, type TunnelOrigin } from './tunnel-target.ts';

/** PEM of a server's certificate and of its private key. */
export interface ServerCredential {
  readonly cert: string;
  readonly key: string;
}

export interface TunnelOptions {
  /** What the proxy shows to clients as the TLS server of a host; the same object as long as it stays the same. */
  readonly identify: (host: string) => Promise<ServerCredential>;
  readonly passages: PassageRules;
}

export interface TunnelDoors {
  readonly notices: Notices;
  /** Lets a client in, or throws; answers its name where clients have to have one. */
  readonly identify: (request: IncomingMessage) => Promise<string | undefined>;
  /** Takes a connection as the listener does, so that every bound and every rule of it holds inside too. */
  readonly accept: (socket: TLSSocket) => void;
  readonly onRefused: (client: string, error: DctError) => void;
}

export class Tunnels {
  readonly #options: TunnelOptions | undefined;
  readonly #targets: TunnelTargets;
  readonly #doors: TunnelDoors;
  readonly #origins = new WeakMap<Socket, TunnelOrigin>();
  readonly #contexts = new WeakMap<ServerCredential, SecureContext>();
  /** Everything that the HTTP server does not know of any more. */
  readonly #kept = new Set<Socket>();

  /**
   * @param options undefined: every tunnel is refused
   * @throws USAGE
   */
  constructor(registries: readonly string[], options: TunnelOptions | undefined, doors: TunnelDoors) {
    this.#options = options;
    this.#targets = new TunnelTargets(
      options === undefined ? [] : registries,
      options?.passages ?? { hosts: [], others: false },
    );
    this.#doors = doors;
  }

  /** What everything on this connection is for; undefined outside of tunnels. */
  originOf(socket: Socket): TunnelOrigin | undefined {
    return this.#origins.get(socket);
  }

  /** Answers one CONNECT; `head` is what the client sent ahead. Never rejects. */
  async answer(request: IncomingMessage, head: Buffer): Promise<void> {
    const { socket } = request;
    const client = socket.remoteAddress ?? '';
    this.keep(socket);
    // PX-07: from here on, whatever comes in meanwhile.
    const deadline = setTimeout(() => socket.destroy(), limits.tunnelOpeningMs);
    const opened = (): void => {
      clearTimeout(deadline);
      socket.removeListener('close', opened);
    };
    socket.once('close', opened);
    try {
      await this.#open(request, head, opened);
    } catch (thrown) {
      const error = foreseen(thrown);
      this.#doors.onRefused(client, error);
      refuseTunnel(socket, error);
    }
  }

  /** Looks after a connection that Node's server has let go of, error listener and time-outs included. */
  keep(socket: Socket): void {
    this.#kept.add(socket);
    socket.once('close', () => this.#kept.delete(socket));
    socket.on('error', () => socket.destroy());
  }

  /** Cuts whatever the HTTP server does not see: handshakes under way, and tunnels that pass. */
  close(): void {
    for (const socket of this.#kept) socket.destroy();
  }

  async #open(request: IncomingMessage, head: Buffer, opened: () => void): Promise<void> {
    const { socket, url = '', headers } = request;
    const options = this.#options;
    // A tunnel inside of a tunnel would leave the registry that the outer one is for.
    if (options === undefined || this.#origins.has(socket))
      throw new DctError('METHOD_REFUSED', { method: 'CONNECT' });
    const user = await this.#doors.identify(request);
    const target = this.#targets.find(url, headers.host);
    if ('origin' in target) {
      const context = await this.#contextFor(target.origin.host, options);
      if (socket.destroyed) return;
      acceptTunnel(socket);
      if (head.length > 0) socket.unshift(head);
      this.#terminate(socket, { ...target.origin, user }, context, opened);
      return;
    }
    const server = await this.#reach(target.passage, socket);
    if (server === undefined) return;
    this.keep(server);
    opened();
    acceptTunnel(socket);
    server.write(head);
    joinPassage(socket, server);
  }

  /** A connection to the host of a passage; undefined when the client does not wait for it. @throws what `openPassage` throws */
  async #reach(passage: Passage, client: Socket): Promise<Socket | undefined> {
    if (client.destroyed) return undefined;
    const gone = new AbortController();
    const abort = (): void => gone.abort();
    client.once('close', abort);
    try {
      return await openPassage(passage, gone.signal);
    } catch (error) {
      if (gone.signal.aborted) return undefined;
      throw error;
    } finally {
      // From here on the two ends look after each other.
      client.removeListener('close', abort);
    }
  }

  /** Plays the TLS server of the registry; what comes out is served like any connection, for that registry only. */
  #terminate(socket: Socket, origin: TunnelOrigin, secureContext: SecureContext, opened: () => void): void {
    const secured = new TLSSocket(socket, {
      isServer: true,
      secureContext,
      ALPNProtocols: ['http/1.1'],
      // PX-02: the name in the handshake may not be another one than that of the tunnel.
      SNICallback: (name, answer) => {
        if (name.toLowerCase() === origin.host) answer(null, secureContext);
        else answer(new Error(`the client asked for ${name}`));
      },
    });
    secured.once('close', () => socket.destroy());
    secured.on('error', (error: Error) => {
      // Most often a client that was not told to trust the authority; only its own log would tell otherwise.
      this.#doors.notices.warn(
        printable(`no TLS with ${socket.remoteAddress ?? 'a client'} as ${origin.host}: ${error.message}`),
      );
      secured.destroy();
    });
    secured.once('secure', () => {
      secured.removeAllListeners('error');
      opened();
      this.#origins.set(secured, origin);
      this.#doors.accept(secured);
    });
  }

  async #contextFor(host: string, { identify }: TunnelOptions): Promise<SecureContext> {
    const credential = await identify(host);
    const known = this.#contexts.get(credential);
    if (known !== undefined) return known;
    const context = createSecureContext({
      cert: credential.cert,
      key: credential.key,
      minVersion: 'TLSv1.2',
      // OpenSSL does not ask for the name of a resumed session again (PX-13).
      secureOptions: constants.SSL_OP_NO_TICKET,
    });
    this.#contexts.set(credential, context);
    return context;
  }
}
