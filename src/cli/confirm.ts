// Asks before something is done that is hard to take back.
import { DctError } from '../base/errors.ts';
import type { ChangePlan } from '../tuf-client/author/index.ts';
import type { Io } from './io.ts';

/** What has to be asked before these plans are carried out; undefined when nothing is hard to take back. */
export type Question = (plans: readonly ChangePlan[]) => string | undefined;

/**
 * Goes on when `-y` was given, or when somebody at the terminal answers yes.
 * @throws DECLINED for any other answer, and where there is nobody to ask
 */
export async function confirm(
  { ask }: Pick<Io, 'ask'>,
  question: string,
  { yes = false }: { readonly yes?: boolean },
): Promise<void> {
  if (yes) return;
  const answer = await ask?.(`${question} [y/N] `);
  if (/^\s*y(?:es)?\s*$/i.test(answer ?? '')) return;
  const why =
    ask === undefined ? 'there is no terminal to ask at, and -y was not given' : 'the answer was no';
  throw new DctError('DECLINED', { question: `${question} (${why})` });
}
