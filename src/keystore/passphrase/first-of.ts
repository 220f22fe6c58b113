// Several sources of passphrases, in order of precedence.
import type { PassphraseSource } from './source.ts';

/**
 * The first source that has an answer for a key decides: after a wrong answer it alone is asked again. A mistyped variable
 * is an error, not a reason to try something else.
 */
export function firstOf(...sources: readonly PassphraseSource[]): PassphraseSource {
  const chosen = new Map<string, PassphraseSource>();
  return {
    get: async (request) => {
      const question = `${request.purpose} ${request.keyId} ${request.file ?? ''}`;
      if (request.attempt > 0) return await chosen.get(question)?.get(request);
      for (const source of sources) {
        const answer = await source.get(request);
        if (answer === undefined) continue;
        chosen.set(question, source);
        return answer;
      }
      return undefined;
    },
  };
}
