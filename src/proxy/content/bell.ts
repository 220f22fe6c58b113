// Wakes everybody who waits for something to change; each then looks whether it was for them.

export class Bell {
  #waiting: (() => void)[] = [];

  ring(): void {
    const woken = this.#waiting;
    if (woken.length === 0) return;
    this.#waiting = [];
    for (const wake of woken) wake();
  }

  /** Resolves at the next ring. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
