// The outside world as types: everything that touches network, clock, disk or terminal is passed in as one of these.

/** Reads the current time. Called once per update (TUF 5.1), so that one verdict has one time. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Waits, or for less long once the signal is aborted. Never rejects. */
export type Pause = (milliseconds: number, signal?: AbortSignal) => Promise<void>;

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal;
  /** How far inwards the connection may go, whatever the name resolves to; anywhere when left out (AU-02, AU-09). */
  readonly reach?: Reach;
}

/** `public`: no private, loopback or link-local address. `private`: no loopback or link-local address. */
export type Reach = 'public' | 'private';

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names; a field that came more than once is joined with ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ResponseBody;
}

/** A body that is read exactly once, or cancelled. */
export interface ResponseBody {
  /**
   * Calls `onChunk` for every piece in order and waits for the promise it may return before
   * reading on. The bytes belong to the callee only until then. Resolves at the end of a complete body.
   * @throws CUT_OFF, TIMEOUT
   */
  deliver(onChunk: (chunk: Uint8Array) => void | Promise<void>): Promise<void>;
  /** Gives the connection up. Safe to call at any time, more than once. */
  cancel(): void;
}

/**
 * Sends one request and answers with the response head. Never follows redirects, never adds credentials.
 * @throws the transport family only: UNREACHABLE, TIMEOUT, CUT_OFF, TLS, HTTP_INVALID
 */
export type Transport = (request: HttpRequest) => Promise<HttpResponse>;

/** Files below one directory, named by `/`-separated relative paths that were validated by the caller. */
export interface Files {
  /** The whole file, or undefined when there is none. Symbolic links and special files are refused (NM-07). */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Replaces or creates: temporary file, fsync, rename, fsync of the directory. Mode 0600, directories 0700. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Creates; KEY_EXISTS when the name is taken. */
  create(path: string, bytes: Uint8Array): Promise<void>;
  /** Names of the files below `path`, recursively, relative to `path`, sorted; empty when there is no such directory. */
  list(path: string): Promise<readonly string[]>;
  remove(path: string): Promise<void>;
  /** The absolute path of a relative one, for messages. */
  locate(path: string): string;
}

/** Who may touch a file, as far as the file system tells (KS-06). */
export interface FileAccess {
  /** Permission bits, such as 0o600. */
  readonly mode: number;
  /** Whether it belongs to the user who runs dct. */
  readonly mine: boolean;
}

/** Where warnings and progress go; never results, never secrets. */
export interface Notices {
  warn(line: string): void;
  info(line: string): void;
  debug(line: string): void;
}
