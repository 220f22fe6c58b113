// Connectors for undici whose sockets are prepared before anybody else has them.
import type { OnReadOpts, Socket } from 'node:net';
import type { buildConnector } from 'undici';
import { socketOpener } from './undici.ts';

/** Stands between one socket and the parser. */
export interface SocketReader {
  /** How Node reads into a buffer of ours. */
  readonly onread: OnReadOpts;
  /** Called once, when the socket is connected. */
  attach(socket: Socket): void;
}

/** The same connector; `prepare` has every socket first. */
export function preparing(
  connect: buildConnector.connector,
  prepare: (socket: Socket) => void,
): buildConnector.connector {
  return (target, done) => {
    connect(target, (error, socket) => {
      if (error !== null) {
        done(error, null);
        return;
      }
      prepare(socket);
      done(null, socket);
    });
  };
}

/** A connector whose sockets are read by readers of ours, each by one of its own. */
export function readingWith(
  makeReader: () => SocketReader,
  options: buildConnector.BuildOptions,
): buildConnector.connector {
  return (target, done) => {
    const reader = makeReader();
    const connect = socketOpener({ ...options, onread: reader.onread });
    preparing(connect, (socket) => reader.attach(socket))(target, done);
  };
}

/** Makes the memory that bodies are read into, of so many bytes. */
export type MakeMemory = (bytes: number) => Buffer;

export const ownMemory: MakeMemory = (bytes) => Buffer.allocUnsafeSlow(bytes);
