// `dct key export` and `dct key backup`: keys as a file that dct and Notary import.
import { basename, dirname, resolve } from 'node:path';
import { DctError } from '../../base/errors.ts';
import type { KeySelection } from '../../keystore/index.ts';
import type { Context } from '../context.ts';
import { nameOf } from '../key-sources.ts';

export interface KeyExportOptions {
  readonly key?: readonly string[];
  readonly gun?: readonly string[];
  readonly all?: boolean;
  readonly output: string;
  readonly force?: boolean;
}

/** `-` is the standard output, for a pipe. @throws USAGE, KEY_UNKNOWN, KEYS_NONE, KEY_REFUSED, KEY_EXISTS, DISK */
export async function keyExport(context: Context, options: KeyExportOptions): Promise<void> {
  if (options.output !== '-') return write(context, options, await selectionOf(context, options), false);
  const { io, console, services } = context;
  const refuse = (problem: string): DctError =>
    new DctError('USAGE', {
      problem,
      hint: 'Write to a file with -o FILE, or pipe it: dct key export -o - | ...',
    });
  if (io.stdout.isTerminal) throw refuse('keys are not printed at a terminal');
  if (console.mode.json) throw refuse('-o - writes the keys themselves, and --json would write about them');
  const { bytes, keys } = await (await services.keyKeeper()).exportBytes(await selectionOf(context, options));
  io.stdout.write(Buffer.from(bytes).toString('utf8'));
  for (const key of keys) console.info(`exported ${nameOf(key)}`);
}

/** Every key; the file says how many belong to it. @throws the errors of `keyExport` */
export async function keyBackup(
  context: Context,
  options: Pick<KeyExportOptions, 'output' | 'force'>,
): Promise<void> {
  await write(context, options, 'all', true);
}

async function selectionOf(
  { services }: Context,
  { key = [], gun = [], all = false }: KeyExportOptions,
): Promise<KeySelection> {
  if ([key.length > 0, gun.length > 0, all].filter(Boolean).length !== 1)
    throw new DctError('USAGE', {
      problem: 'say which keys: either --key, or --gun, or --all',
      hint: 'For example: dct key export --all -o keys.pem',
    });
  if (all) return 'all';
  if (gun.length > 0) return { guns: gun };
  const keeper = await services.keyKeeper();
  const keyIds = [];
  for (const text of key) keyIds.push((await keeper.find(text)).keyId);
  return { keyIds };
}

async function write(
  { io, services, console, interruption }: Context,
  { output, force = false }: Pick<KeyExportOptions, 'output' | 'force'>,
  selection: KeySelection,
  isBackup: boolean,
): Promise<void> {
  const path = resolve(io.workingDirectory, output);
  const keeper = await services.keyKeeper();
  const target = { directory: dirname(path), name: basename(path), force };
  const { file, keys } = await interruption.undisturbed(() =>
    keeper.export({ ...target, selection, isBackup, now: io.clock.now() }),
  );
  console.info('the keys in it are encrypted under the passphrases that they have here');
  const lines = [...keys.map((key) => `exported ${nameOf(key)}`), `written: ${file}`];
  const data = { file, keys: keys.map(({ keyId, role, gun }) => ({ keyId, role, gun: gun ?? null })) };
  console.emit({ lines, data });
}
