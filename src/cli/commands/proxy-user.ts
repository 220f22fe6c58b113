// `dct proxy user`: makes the line for the list of users that `dct proxy --users` reads.
import { resolve } from 'node:path';
import { decodeUtf8 } from '../../base/bytes.ts';
import { DctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { hashPassword, isUserName } from '../../proxy/index.ts';
import type { Context } from '../context.ts';
import type { Io } from '../io.ts';

export interface ProxyUserOptions {
  readonly passwordFile?: string;
}

/** Prints the line, and keeps nothing. @throws USAGE, DISK */
export async function proxyUser(
  { io, console }: Context,
  name: string,
  { passwordFile }: ProxyUserOptions,
): Promise<void> {
  if (!isUserName(name))
    throw usage(`"${name}" cannot be a user's name`, 'Use up to 64 letters, digits, ".", "_", "@" and "-".');
  const password = passwordFile === undefined ? await asked(io, name) : await read(io, passwordFile);
  if (password === '') throw usage('the password is empty', 'Choose one that nobody guesses.');
  const line = `${name}:${await hashPassword(password)}`;
  console.emit({ lines: [line], data: { user: name, line } });
}

async function asked({ askSecret }: Io, name: string): Promise<string> {
  if (askSecret === undefined)
    throw usage('nobody is there to be asked for the password', 'Give it with --password-file FILE.');
  const password = await askSecret(`Password of ${name} for the proxy: `);
  if ((await askSecret('Again: ')) !== password) throw usage('the two are not the same', 'Try again.');
  return password ?? '';
}

/** One end of line belongs to the file, not to the password. */
async function read({ files, workingDirectory }: Io, name: string): Promise<string> {
  const path = resolve(workingDirectory, name);
  const bytes = await files.read(path);
  if (bytes === undefined)
    throw new DctError('DISK', { file: path, operation: 'read', problem: 'there is no such file' });
  const text = bytes.byteLength > limits.passphraseBytes ? undefined : decodeUtf8(bytes);
  const password = text?.replace(/\r?\n$/, '');
  // With a control character in it nobody could ever send it (RFC 7617 2).
  if (password === undefined || /\p{Cc}/u.test(password))
    throw usage(`${path} has no password`, 'It must be one line of text.');
  return password;
}

function usage(problem: string, hint: string): DctError {
  return new DctError('USAGE', { problem, hint });
}
