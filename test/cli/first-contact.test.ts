// Trust on first use is said aloud, with the key that is trusted from then on.
import { expect, it } from 'vitest';
import { announcing } from '../../src/cli/first-contact.ts';
import type { TrustClient } from '../../src/tuf-client/types.ts';
import { id, trustedRepository } from './trusted-repository.ts';

const rootKeys = [id('aa'), id('ab')];

it.each([
  { how: 'first-use', firstContact: true, said: true },
  { how: 'first-use', firstContact: false, said: false },
  { how: 'pin', firstContact: true, said: false },
  { how: 'cache', firstContact: true, said: false },
  { how: 'created', firstContact: true, said: false },
] as const)('$how, first contact $firstContact: announced $said', async ({ how, firstContact, said }) => {
  const repository = trustedRepository({ facts: { firstContact, trustedSince: { at: 0, how, rootKeys } } });
  const lines: string[] = [];
  const quiet: TrustClient = { update: () => Promise.resolve(repository) };
  const client = announcing(quiet, { warn: (line) => lines.push(line) });
  expect(await client.update(repository.gun)).toBe(repository);
  expect(lines.length).toBe(said ? 1 : 0);
  if (said) for (const fact of [repository.gun, ...rootKeys]) expect(lines[0]).toContain(fact);
});
