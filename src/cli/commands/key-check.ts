// `dct key check`: opens every key, and says what depends on it and what is wrong with the way it is kept.
import { showInstant } from '../../base/instant.ts';
import type { CheckedKey } from '../../keystore/index.ts';
import { errorJson } from '../report.ts';
import type { Context } from '../context.ts';
import { nameOf } from '../key-sources.ts';

/** Keys that cannot be opened are errors, what could be kept better are warnings. @throws DISK, DISK_UNSAFE */
export async function keyCheck({ services, console }: Context): Promise<void> {
  const { keys, unreadable, warnings } = await (await services.keyKeeper()).check();
  for (const warning of warnings) console.warn(`the directory of the private keys: ${warning}`);
  for (const { key, warnings: own } of keys)
    for (const warning of own) console.warn(`${nameOf(key)}: ${warning}`);
  for (const error of unreadable) console.fail(error);
  for (const { problem } of keys) if (problem !== undefined) console.fail(problem);
  if (keys.length + unreadable.length === 0) console.info('there are no private keys in the trust directory');
  console.emit({ lines: keys.flatMap(linesOf), data: { keys: keys.map(toJson), warnings } });
}

function linesOf({ key, problem, dependents, copy }: CheckedKey): string[] {
  return [
    `${problem === undefined ? 'ok' : 'FAILED'}: ${nameOf(key)}`,
    ...dependents.map(({ gun, role }) => `    signs ${role} of ${gun}`),
    ...(copy === undefined ? [] : [`    copied to ${copy.file} at ${showInstant(copy.at)}`]),
  ];
}

function toJson({ key, problem, warnings, dependents, copy }: CheckedKey): object {
  const { keyId, role, gun = null, encrypted, file } = key;
  return {
    keyId,
    role,
    gun,
    encrypted,
    file,
    opens: problem === undefined,
    problem: problem === undefined ? null : errorJson(problem).error,
    warnings,
    signs: dependents,
    copy: copy === undefined ? null : { file: copy.file, at: showInstant(copy.at) },
  };
}
