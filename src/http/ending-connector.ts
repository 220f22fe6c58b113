// Sockets that may break while undici's parser is paused: it asserts that they do not, and an assertion ends the process (BL-03).
import type { buildConnector } from 'undici';
import { preparing } from './prepared-connector.ts';

/**
 * The same connector. The parser gives back with `unshift()` when it pauses, and reads when it goes on. An end or a reset in
 * between reaches undici as an error that it takes as such, with the true one as its cause; a registry chooses the moment.
 */
export function safelyEnding(connect: buildConnector.connector): buildConnector.connector {
  return preparing(connect, (socket) => {
    let isPaused = false;
    let hasFailed = false;
    const unshift = socket.unshift.bind(socket);
    const read = socket.read.bind(socket);
    const emit = socket.emit.bind(socket) as (event: string | symbol, ...values: unknown[]) => boolean;
    socket.unshift = (bytes: Uint8Array): void => {
      isPaused = true;
      unshift(bytes);
    };
    socket.read = (size?: number): unknown => {
      if (size !== 0) isPaused = false;
      return read(size);
    };
    socket.emit = (event: string | symbol, ...values: unknown[]): boolean => {
      const isEnd = event === 'end' || event === 'close';
      const isReset = event === 'error' && codeOf(values[0]) === 'ECONNRESET';
      if (isPaused && !hasFailed && (isEnd || isReset)) {
        hasFailed = true;
        const message = 'the other side closed while its answer was still being taken';
        const failure = Object.assign(new Error(message, isReset ? { cause: values[0] } : {}), {
          code: 'UND_ERR_SOCKET',
        });
        emit('error', failure);
        if (isReset) return true;
      }
      hasFailed ||= event === 'error';
      // undici takes no end after an error.
      if (event === 'end' && hasFailed) {
        socket.destroy();
        return true;
      }
      return emit(event, ...values);
    };
  });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
