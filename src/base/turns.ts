// Work of which one piece begins when the one before it is over.

/** Runs pieces of work one after the other, in the order in which they were asked for. */
export function turns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    // A failed turn is its caller's to handle; the next one goes on.
    last = turn.catch(() => undefined);
    return turn;
  };
}
