// How a command in the grammar starts its code, which is loaded only then.
import type { Context } from '../context.ts';

export type Run = (command: (context: Context) => Promise<void>) => Promise<void>;
