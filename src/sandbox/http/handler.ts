// A sandbox server is a function from request to answer, so that tests and attacks need no socket.

export interface SandboxRequest {
  readonly method: string;
  /** The request target as it was sent: path and query, still escaped. */
  readonly target: string;
  /** Lower-case names; a field that came more than once is joined with ", ". */
  readonly headers: Readonly<Record<string, string>>;
  /** Read at most once, and not at all when the answer does not depend on it. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface SandboxAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as it is; to HEAD only the headers are sent, so a handler need not care. */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>;
}

/** Never rejects for what a client sent; a rejection is a bug or a full disk, and answered with 500. */
export type SandboxHandler = (request: SandboxRequest) => Promise<SandboxAnswer>;
