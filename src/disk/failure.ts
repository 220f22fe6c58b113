// What the operating system said, as an error of the catalogue.
import { DctError, isDctError } from '../base/errors.ts';

const explanations: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
  EIO: 'input/output error',
  EFBIG: 'it would be too large',
  ELOOP: 'it is a symbolic link',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'a part of its path is not a directory',
  EISDIR: 'it is a directory',
  ENAMETOOLONG: 'the name is too long',
};

/** The `code` of a system error, such as `ENOENT`; empty when the value is none. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** The error to report: one of ours as it is, anything from the system as DISK. */
export function diskError(error: unknown, operation: string, file: string): DctError {
  if (isDctError(error)) return error;
  const code = systemCode(error);
  const problem = explanations[code] ?? (code === '' ? String(error) : code);
  return new DctError('DISK', { file, operation, problem }, error);
}

export function unsafe(file: string, problem: string): DctError<'DISK_UNSAFE'> {
  return new DctError('DISK_UNSAFE', { file, problem });
}
