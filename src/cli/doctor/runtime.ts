// A container runtime as the doctor sees it: something that pulls an image, says which, and forgets it again.
import type { Ran, RunProgram } from './run-program.ts';

export interface Pulled {
  readonly arrived: boolean;
  /** Every digest that the runtime has for what arrived. */
  readonly digests: readonly string[];
  /** The last line that it said. */
  readonly said: string;
  /** It was ended before it was over, which is no refusal. */
  readonly unfinished?: boolean;
}

export interface Puller {
  /** @param image `HOST[:PORT]/NAME:TAG` */
  pull(image: string): Promise<Pulled>;
  /** Takes away everything that it pulled, and that was not there before. */
  clear(): Promise<void>;
}

/** Where a drill takes place. */
export interface Drill {
  /** Absolute path of a directory that is removed afterwards. */
  readonly directory: string;
  /** Origin of the proxy. */
  readonly proxy: string;
  /** `HOST:PORT` of the registry, which the runtime can reach too. */
  readonly registry: string;
}

export interface Runtime {
  readonly name: string;
  /** What it calls itself; undefined when it is not here, or cannot be used by whoever asks. */
  find(run: RunProgram): Promise<string | undefined>;
  /** A puller with the settings of `dct proxy config`, and nothing of this machine's. */
  drill(run: RunProgram, drill: Drill): Promise<Puller>;
  /** A puller with the settings that the runtime has. */
  own(run: RunProgram, directory: string): Puller;
}

/** Calls `pull` and `remove` so that only what is new is taken away in the end. */
export function tidyPuller(steps: {
  readonly isHere: (image: string) => Promise<boolean>;
  readonly pull: (image: string) => Promise<Pulled>;
  readonly remove: (images: readonly string[]) => Promise<void>;
}): Puller {
  const brought = new Set<string>();
  return {
    pull: async (image) => {
      const wasHere = await steps.isHere(image);
      const pulled = await steps.pull(image);
      if (pulled.arrived && !wasHere) brought.add(image);
      return pulled;
    },
    clear: async () => {
      if (brought.size > 0) await steps.remove([...brought]);
    },
  };
}

/** A pull that failed, or that took too long. */
export function notArrived(ran: Ran | undefined): Pulled {
  const said = lastLine(ran?.stderr ?? '');
  return { arrived: false, digests: [], said, unfinished: ran?.code === undefined };
}

/** The last line with text on it. */
export function lastLine(text: string): string {
  return text.trim().split(/\r?\n/).at(-1) ?? '';
}

/** All `sha256:` digests in a text. */
export function digestsIn(text: string): readonly string[] {
  return text.match(/sha256:[0-9a-f]{64}/g) ?? [];
}
