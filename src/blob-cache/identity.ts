// Which file, in which state: as long as nothing of this changes, nobody has written to it (ADR 0019).
import type { BigIntStats } from 'node:fs';

/** Device, inode, size and both times to the nanosecond. The time of the last change of state cannot be set by hand. */
export type FileIdentity = string & { readonly fileIdentity: unique symbol };

export function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileIdentity {
  return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}` as FileIdentity;
}

/** Why a file cannot be one of ours, if so: ours are regular, and have one name (CA-04). */
export function problemOf(found: BigIntStats): string | undefined {
  if (!found.isFile()) return 'it is not a regular file';
  return found.nlink > 1n ? 'it has another name elsewhere' : undefined;
}
