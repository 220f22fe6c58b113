// Runs something that must fail, and answers the code that it failed with.
import { isDctError, type Code } from '../../src/base/errors.ts';

/** The code of the error that `action` throws; another kind of error is thrown on, and so is success. */
export function codeOf(action: () => unknown): Code {
  try {
    action();
  } catch (error) {
    if (isDctError(error)) return error.code;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** The same for a promise. */
export async function codeOfRejection(promise: Promise<unknown>): Promise<Code> {
  try {
    await promise;
  } catch (error) {
    if (isDctError(error)) return error.code;
    throw error;
  }
  throw new Error('the promise was fulfilled');
}
