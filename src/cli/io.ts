// The world as the command line sees it: everything that `main` needs from the process, as values that tests can replace.
import type { Clock, FileAccess } from '../base/ports.ts';

/** One output stream. */
export interface Sink {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Width in characters, of a terminal. */
  readonly columns?: number | undefined;
}

/** Reading of files that are not the trust directory's: configuration, certificates, key files named by the user. */
export interface LocalFiles {
  /** The whole file, or undefined when there is none. @throws DISK */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Names of the files in a directory, sorted; empty when there is no such directory. @throws DISK */
  list(path: string): Promise<readonly string[]>;
  /** Who may touch a file or directory; undefined when that cannot be told. @throws DISK */
  access(path: string): Promise<FileAccess | undefined>;
}

export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute path of the user's home directory. */
  readonly home: string;
  /** Absolute path of the working directory. */
  readonly workingDirectory: string;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly clock: Clock;
  readonly files: LocalFiles;
  /** How many file descriptors this process may have; undefined where the system does not say. */
  readonly descriptors: () => number | undefined;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly interrupted: AbortSignal;
  /** Calls the listener at every SIGHUP, which then no longer ends the process. */
  readonly onHangup: (listener: () => void) => void;
  /** Asks at the terminal without echo, answers undefined when nothing was typed; absent when there is no terminal. */
  readonly askSecret: ((prompt: string) => Promise<string | undefined>) | undefined;
  /** The same with echo, for answers that are no secrets. */
  readonly ask: ((prompt: string) => Promise<string | undefined>) | undefined;
}
