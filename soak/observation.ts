// One request as its client saw it.

/** What was asked for. Tags and digests stand in the same place of the decision log's subject. */
export interface Question {
  /** For the report: `tag`, `layer`, `part of a layer`. */
  readonly kind: string;
  readonly method: 'GET' | 'HEAD';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly repository: string;
  /** Of these, one at most. */
  readonly tag?: string;
  readonly digest?: string;
  /** Bytes of a range, with the one after the last. */
  readonly span?: { readonly start: number; readonly end: number; readonly of: Uint8Array };
}

/** How the client behaves. */
export interface Manner {
  /** Goes away after so many bytes of the body. */
  readonly leavesAfter?: number;
  /** Milliseconds before each piece of the body is taken. */
  readonly dawdles?: number;
  /** Asks for a connection of its own. */
  readonly fresh?: boolean;
}

export interface Observation {
  readonly question: Question;
  readonly client: string;
  /** Milliseconds since the epoch. */
  readonly begun: number;
  readonly ended: number;
  /** The client went away before the end. */
  readonly left: boolean;
  /** None when the connection broke before there was one. */
  readonly status: number | undefined;
  /** Everything that the head of the answer promised has come. */
  readonly complete: boolean;
  readonly body: Uint8Array;
}

/** The reason in an answer that says no: `NOT_SIGNED`. */
export function reasonIn({ body }: Observation): string | undefined {
  try {
    const { errors } = JSON.parse(Buffer.from(body).toString('utf8')) as {
      readonly errors?: readonly { readonly detail?: { readonly reason?: string } }[];
    };
    return errors?.[0]?.detail?.reason;
  } catch {
    return undefined;
  }
}
