// Sockets that read into one reusable buffer, so that a blob reaches its consumer in large pieces and leaves no garbage.
import { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import { readingWith, type MakeMemory, type SocketReader } from './prepared-connector.ts';
import { nowParsing, type Reading } from './reading.ts';

/**
 * Large enough that system calls and hand-overs do not count, small enough that hundreds of connections fit into memory.
 * Without it, every 64 KiB are a new buffer: nearly twice the processor time for a blob, and more memory.
 */
const bufferBytes = 512 * 1024;

/**
 * A connector for undici, for plain HTTP only: a TLS socket goes on handing over records that it has decrypted after it was
 * told to stop, and would write them into a buffer that is in use. Everything else is as in undici's own connector.
 */
export function readingConnector(
  options: buildConnector.BuildOptions,
  makeMemory: MakeMemory,
): buildConnector.connector {
  return readingWith(() => new BufferReader(makeMemory(bufferBytes)), options);
}

/**
 * Stands between one socket and the parser. Node fills the buffer and calls `onread`; the parser takes the bytes with
 * `read()` and, when a consumer asks for a pause, gives back with `unshift()` what it has not parsed. From then on the
 * buffer belongs to the consumer, and nothing is read until the parser asks for more than it gave back.
 */
class BufferReader implements SocketReader {
  readonly #reading: Reading = { inHead: true };
  #socket: Socket | undefined;
  #bytes: Uint8Array | undefined;
  #paused = false;
  #stopped = false;

  readonly onread: SocketReader['onread'];

  constructor(buffer: Uint8Array) {
    this.onread = { buffer, callback: (length) => this.#take(buffer.subarray(0, length)) };
  }

  attach(socket: Socket): void {
    this.#socket = socket;
    socket.read = (size?: number): Uint8Array | null => this.#read(socket, size);
    socket.unshift = (bytes: Uint8Array): void => {
      this.#paused = true;
      this.#bytes = bytes.byteLength > 0 ? bytes : undefined;
    };
  }

  /** Answers whether Node may go on reading. */
  #take(bytes: Uint8Array): boolean {
    this.#bytes = this.#reading.inHead ? Buffer.from(bytes) : bytes;
    this.#socket?.emit('readable');
    this.#stopped = this.#paused || this.#isUnread();
    return !this.#stopped;
  }

  #isUnread(): boolean {
    return this.#bytes !== undefined;
  }

  #read(socket: Socket, size: number | undefined): Uint8Array | null {
    // The stream itself reads nothing to get things going; that must not refill a buffer that is in use.
    if (size === 0 && this.#stopped) return null;
    if (size !== 0) {
      this.#paused = false;
      nowParsing(this.#reading);
      const bytes = this.#bytes;
      this.#bytes = undefined;
      if (bytes !== undefined) return bytes;
      this.#stopped = false;
    }
    // Starts reading again after a stop, and ends the stream after its last byte.
    return Socket.prototype.read.call(socket, 0) as Uint8Array | null;
  }
}
