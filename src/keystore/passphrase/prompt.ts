// Passphrases typed at a terminal.
import { DctError } from '../../base/errors.ts';
import { passphraseProblem } from './strength.ts';
import type { PassphraseRequest, PassphraseSource } from './source.ts';

/** Asks without echo; undefined when nobody answers. */
export type AskSecret = (prompt: string) => Promise<string | undefined>;

const tries = 3;

/**
 * Three tries to unlock a key (KS-01); a new passphrase is asked for twice. White space around an answer is dropped, as
 * Notary does, so that what is typed there opens the same key here. There is no answer without a terminal, where
 * `askSecret` is undefined.
 */
export function promptPassphrases(askSecret: AskSecret | undefined): PassphraseSource {
  const ask = async (prompt: string): Promise<string | undefined> => (await askSecret?.(prompt))?.trim();
  return {
    get: async (request) => {
      if (request.attempt >= tries) return undefined;
      const passphrase =
        request.purpose === 'create' ? await askNew(ask, request) : await ask(unlockPrompt(request));
      return passphrase === undefined ? undefined : { passphrase, source: 'the terminal' };
    },
  };
}

function unlockPrompt(request: PassphraseRequest): string {
  return `${request.attempt > 0 ? 'Wrong passphrase, try again. ' : ''}Passphrase for ${keyName(request)}: `;
}

/** @throws PASSPHRASE_TOO_SHORT, PASSPHRASE_WEAK, PASSPHRASE_MISMATCH after the third try */
async function askNew(ask: AskSecret, request: PassphraseRequest): Promise<string | undefined> {
  let problem: DctError | undefined;
  for (let attempt = 0; attempt < tries; attempt++) {
    const complaint = problem === undefined ? '' : `Not taken: ${problem.message}. `;
    const first = await ask(`${complaint}New passphrase for ${keyName(request)}: `);
    if (first === undefined) return undefined;
    problem = passphraseProblem(first);
    if (problem !== undefined) continue;
    const second = await ask(`Repeat the passphrase for ${keyName(request)}: `);
    if (second === undefined || second === first) return second;
    problem = new DctError('PASSPHRASE_MISMATCH', {});
  }
  throw problem ?? new DctError('BUG', { problem: 'no passphrase was asked for' });
}

function keyName({ keyId, file, role, gun }: PassphraseRequest): string {
  const owner = gun === undefined ? '' : ` of ${gun}`;
  const which = keyId === '' && file !== undefined ? `in ${file}` : keyId.slice(0, 7);
  return `${role === '' ? '' : `${role} `}key ${which}${owner}`;
}
