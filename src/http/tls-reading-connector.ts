// TLS sockets whose records are gathered into two buffers by turns, so that a blob reaches its consumer in large pieces.
import { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import { copyInto } from '../base/bytes.ts';
import { readingWith, type MakeMemory, type SocketReader } from './prepared-connector.ts';
import { nowParsing, type Reading } from './reading.ts';

/** So much is gathered; the pieces that Node hands over are the records of TLS, 16 KiB at most (RFC 8446 5.1). */
const gatheredBytes = 256 * 1024;
/** What Node decrypts of one read goes on coming after it was told to stop. */
const spareBytes = 64 * 1024;

/** Every record is copied out of here before the next one comes, so one is enough for all connections. */
const recordBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * A connector for undici, for TLS without a tunnel. Passing every record through a stream and the parser by itself takes half as
 * much processor time again as the whole of decrypting, hashing and one copy more (ADR 0014).
 */
export function tlsReadingConnector(
  options: buildConnector.BuildOptions,
  makeMemory: MakeMemory,
): buildConnector.connector {
  return readingWith(() => new RecordReader(makeMemory), options);
}

/**
 * Stands between one socket and the parser. Records fill one buffer while the parser and its consumer have the other; they
 * change places when the parser asks for more, which it does not before its consumer is done with what it got.
 */
class RecordReader implements SocketReader {
  readonly #reading: Reading = { inHead: true };
  #socket: Socket | undefined;
  readonly #makeMemory: MakeMemory;
  #filling: Buffer;
  #other: Buffer;
  #filled = 0;
  /** What the parser gave back. */
  #rest: Uint8Array | undefined;
  #paused = false;
  #announced = false;

  readonly onread = {
    buffer: recordBuffer,
    callback: (length: number, record: Uint8Array): boolean => {
      this.#gather(record.subarray(0, length));
      if (!this.#announced) {
        this.#announced = true;
        // After all that can be read now.
        setImmediate(() => this.#announce());
      }
      return this.#filled < gatheredBytes;
    },
  };

  constructor(makeMemory: MakeMemory) {
    this.#makeMemory = makeMemory;
    this.#filling = makeMemory(0);
    this.#other = makeMemory(0);
  }

  attach(socket: Socket): void {
    this.#socket = socket;
    socket.read = (size?: number): Uint8Array | null => this.#read(socket, size);
    socket.unshift = (bytes: Uint8Array): void => {
      this.#paused = true;
      this.#rest = bytes.byteLength > 0 ? bytes : undefined;
    };
  }

  #gather(record: Uint8Array): void {
    if (this.#filled + record.byteLength > this.#filling.byteLength) {
      const larger = this.#makeMemory(Math.max(gatheredBytes + spareBytes, this.#filled + record.byteLength));
      copyInto(larger, 0, this.#filling.subarray(0, this.#filled));
      this.#filling = larger;
    }
    copyInto(this.#filling, this.#filled, record);
    this.#filled += record.byteLength;
  }

  #announce(): void {
    this.#announced = false;
    // A parser that pauses asks by itself when it goes on.
    if (!this.#paused && this.#socket?.destroyed === false) this.#socket.emit('readable');
  }

  #read(socket: Socket, size: number | undefined): Uint8Array | null {
    // The stream itself reads nothing to get things going, and to see whether it has ended: not while something is left here, and
    // not while the parser is paused, which undici does not survive.
    if (size === 0) return this.#paused || this.#filled > 0 ? null : this.#readOn(socket);
    this.#paused = false;
    nowParsing(this.#reading);
    const rest = this.#rest;
    this.#rest = undefined;
    if (rest !== undefined) return rest;
    return this.#filled > 0 ? this.#hand() : this.#readOn(socket);
  }

  #hand(): Uint8Array {
    const bytes = this.#filling.subarray(0, this.#filled);
    this.#filled = 0;
    if (this.#reading.inHead) return Buffer.from(bytes);
    [this.#filling, this.#other] = [this.#other, this.#filling];
    return bytes;
  }

  /** Starts reading again after a stop, and ends the stream after its last byte. */
  #readOn(socket: Socket): Uint8Array | null {
    return Socket.prototype.read.call(socket, 0) as Uint8Array | null;
  }
}
