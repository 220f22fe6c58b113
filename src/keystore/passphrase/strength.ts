// Which passphrases are not taken for a new key: short ones, and those that everybody tries first.
import { DctError } from '../../base/errors.ts';

/** Characters, as Notary demands at a terminal. */
const minimum = 8;

/** From manuals, examples and test set-ups. Compared without regard to case, and to digits and signs at the end. */
const words: ReadonlySet<string> = new Set([
  'changeit',
  'changeme',
  'docker',
  'letmein',
  'notary',
  'passphrase',
  'passw0rd',
  'password',
  'qwerty',
  'qwertyuiop',
  'repository',
  'root',
  'secret',
  'test',
  'testing',
  'trustno',
]);

const digits: ReadonlySet<string> = new Set([
  '12345678',
  '123456789',
  '1234567890',
  '00000000',
  '11111111',
  '87654321',
]);

/** Why a new passphrase is not taken, as an error; undefined when it is. */
export function passphraseProblem(passphrase: string): DctError | undefined {
  // Characters as people count them, not UTF-16 units.
  if (Array.from(passphrase).length < minimum) return new DctError('PASSPHRASE_TOO_SHORT', { minimum });
  const core = passphrase.toLowerCase().replace(/[^a-z]+$/, '');
  if (words.has(core) || digits.has(passphrase))
    return new DctError('PASSPHRASE_WEAK', { problem: 'it is one of those that everybody tries first' });
  return undefined;
}
