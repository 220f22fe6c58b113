// `--passphrase-file` and `--passphrase-fd`: where a passphrase was handed over, and for which keys.
import { resolve } from 'node:path';
import { DctError } from '../base/errors.ts';

export interface PassphraseFlags {
  /** `[WHOM=]FILE` */
  readonly passphraseFile?: readonly string[];
  /** `[WHOM=]NUMBER` */
  readonly passphraseFd?: readonly string[];
}

/** A passphrase that was handed over on the command line, by the place where it is. */
export interface PassphrasePlace {
  /** Absolute path. */
  readonly path: string;
  /** For messages. */
  readonly source: string;
  /** `root`, `repository` (all others), a role, a signer, a GUN, or the beginning of a key id; left out: all keys. */
  readonly for?: string;
}

/** Files first, then descriptors, each in the order given. @throws USAGE */
export function passphrasePlaces(
  flags: PassphraseFlags,
  workingDirectory: string,
): readonly PassphrasePlace[] {
  const files = (flags.passphraseFile ?? []).map((text) => fileAt(text, workingDirectory));
  return [...files, ...(flags.passphraseFd ?? []).map(descriptor)];
}

function fileAt(text: string, workingDirectory: string): PassphrasePlace {
  const { rest, ...whom } = split(text);
  return { path: resolve(workingDirectory, rest), source: rest, ...whom };
}

function descriptor(text: string): PassphrasePlace {
  const { rest, ...whom } = split(text);
  if (!/^\d{1,4}$/.test(rest))
    throw new DctError('USAGE', {
      problem: `--passphrase-fd "${text}" is no number of a descriptor`,
      hint: 'For example: dct sign IMAGE:TAG --passphrase-fd 3 3<FILE',
    });
  return { path: `/dev/fd/${rest}`, source: `descriptor ${rest}`, ...whom };
}

/** A file whose name has a `=` can be written as `./NAME`: no word for keys begins with a dot or a slash. */
function split(text: string): { readonly rest: string; readonly for?: string } {
  const [, whom, named] = /^([a-z0-9[][^=]*)=(.*)$/s.exec(text) ?? [];
  return whom === undefined || named === undefined ? { rest: text } : { rest: named, for: whom };
}
