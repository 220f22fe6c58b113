// `dct resolve`: the content that a tag was signed for, in the form that pins it.
import { pinned } from '../../base/reference.ts';
import { findReleased } from '../../tuf-client/index.ts';
import type { Context } from '../context.ts';
import { taggedImage } from '../images.ts';
import { trustData } from '../trust-data.ts';

/** Prints `NAME@sha256:...` and nothing else. @throws NOT_SIGNED, TARGET_UNUSABLE, and the errors of `trustData` */
export async function resolve(context: Context, text: string): Promise<void> {
  const { gun, tag } = taggedImage(text, 'resolve');
  const { digest, length, role } = findReleased(await trustData(context, gun), tag);
  const reference = pinned(gun, digest);
  context.console.emit({ lines: [reference], data: { reference, gun, tag, digest, size: length, role } });
}
