// The rules for a root: the one that was uploaded, or the stored one that an update builds on (dialect 9.4 steps 1 and 2).
import { DctError, isDctError } from '../../base/errors.ts';
import type { Gun } from '../../base/reference.ts';
import { acceptRoot, authorityOf, checkThreshold, outdatedIn } from '../../tuf-client/trust/index.ts';
import { invalidUpdate, type InvalidUpdate } from './refusal.ts';
import type { Upload } from './upload.ts';

/** A root that is signed by its own keys, whose certificates are for this GUN. */
export type AcceptedRoot = Awaited<ReturnType<typeof acceptRoot>>;

/**
 * A stored root may have expired, but its certificates may not: that is how the real server has it, so rotating the root
 * cannot rescue a repository whose root certificate ran out.
 * @throws Refusal ErrBadRoot
 */
export async function acceptStoredRoot(bytes: Uint8Array, gun: Gun, now: number): Promise<AcceptedRoot> {
  return await refusing('ErrBadRoot', async () => {
    const root = await acceptRoot(bytes, gun, undefined);
    checkCertificates(root, now);
    return root;
  });
}

/**
 * A first root may have version 1 or 2; any other has that of its predecessor or the next, and that one's keys have signed it
 * too. (The same version again is refused later, as not newer.)
 * @throws Refusal ErrBadRoot
 */
export async function acceptUploadedRoot(
  upload: Upload,
  previous: AcceptedRoot | undefined,
  gun: Gun,
  now: number,
): Promise<AcceptedRoot> {
  const current = previous?.data.version ?? 1;
  if (upload.version !== current && upload.version !== current + 1) {
    const problem = `Root modifications must increment the version. Current ${current}, new ${upload.version}`;
    throw invalidUpdate('ErrBadRoot', problem);
  }
  return await refusing('ErrBadRoot', async () => {
    const root = await acceptRoot(upload.bytes, gun, undefined);
    checkCertificates(root, now);
    if (previous !== undefined)
      checkThreshold(authorityOf(previous.data.roles.root, previous.data.keys), root.envelope);
    checkUnexpired('root', gun, root.data.expires, now);
    return root;
  });
}

/** Runs a check of the verifying side and turns what it throws into a refusal of that kind. */
export async function refusing<T>(name: InvalidUpdate, check: () => T | Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    if (isDctError(error)) throw invalidUpdate(name, error.message);
    throw error;
  }
}

/** @throws EXPIRED */
export function checkUnexpired(
  role: string,
  gun: Gun,
  expires: { readonly epochMs: number; readonly text: string },
  now: number,
): void {
  if (now < expires.epochMs) return;
  throw new DctError('EXPIRED', { gun, role, expires: expires.text, now: new Date(now).toISOString() });
}

/** As many signatures as needed must come from keys whose certificates are within their time. @throws THRESHOLD */
function checkCertificates({ data, envelope, keys }: AcceptedRoot, now: number): void {
  const current = [...keys].filter(([, key]) => outdatedIn(key, now) === undefined).map(([id]) => id);
  checkThreshold(authorityOf({ ...data.roles.root, keyIds: current }, data.keys), envelope);
}
