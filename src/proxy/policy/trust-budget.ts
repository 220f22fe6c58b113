// How much verified trust data is held in memory, of all upstreams together: what was learnt longest ago makes room (PX-19).

interface Held {
  readonly bytes: number;
  readonly forget: () => void;
}

/** One for the whole process, so that memory does not grow with the number of registries. */
export class TrustBudget {
  readonly #most: number;
  /** What was learnt longest ago comes first. */
  readonly #held = new Map<object, Held>();
  #bytes = 0;

  /** @param most bytes of metadata, as files */
  constructor(most: number) {
    this.#most = most;
  }

  /** Takes something in, however large it is; `forget` is called for each older one that has to go for it. */
  hold(data: object, held: Held): void {
    this.#held.set(data, held);
    this.#bytes += held.bytes;
    for (const [oldest, { forget }] of this.#held) {
      if (oldest === data || this.#bytes <= this.#most) return;
      this.release(oldest);
      forget();
    }
  }

  /** It is not held any more. */
  release(data: object): void {
    this.#bytes -= this.#held.get(data)?.bytes ?? 0;
    this.#held.delete(data);
  }
}
