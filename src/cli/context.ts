// What every command works with: the outside world, its settings, its voice, and the doors to everything else.
import type { Console } from './console.ts';
import type { Interruption } from './interruption.ts';
import type { Io } from './io.ts';
import type { Services } from './services.ts';
import type { Settings } from './settings.ts';

export interface Context {
  readonly io: Io;
  readonly settings: Settings;
  readonly console: Console;
  readonly services: Services;
  readonly interruption: Interruption;
  /** This command line again, for commands that run others. */
  readonly main: (argv: readonly string[], io: Io) => Promise<number>;
}
