// Builders that build at most one thing for each name.

/** The same promise for the same name, a rejected one too: what could not be opened is not tried again in one command. */
export function once<T>(build: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const built = new Map<string, Promise<T>>();
  return (name) => {
    const known = built.get(name) ?? build(name);
    built.set(name, known);
    return known;
  };
}
