// Image arguments: what each command accepts of NAME, :TAG and @DIGEST, and how it says no.
import { DctError } from '../base/errors.ts';
import { parseReference, type Reference, type Tag } from '../base/reference.ts';

export type TaggedReference = Reference & { readonly tag: Tag };

/** `NAME:TAG`. No `latest` is assumed: a signature says exactly what it is for. @throws REFERENCE_INVALID, USAGE */
export function taggedImage(text: string, command: string): TaggedReference {
  const reference = image(text, command);
  const { tag } = reference;
  if (tag !== undefined) return { ...reference, tag };
  throw new DctError('USAGE', {
    problem: `${command} needs a tag`,
    hint: `Name it, for example: dct ${command} ${text}:1.0`,
  });
}

/** `NAME[:TAG]`. @throws REFERENCE_INVALID, USAGE */
export function image(text: string, command: string): Reference {
  const reference = parseReference(text);
  if (reference.digest === undefined) return reference;
  throw new DctError('USAGE', {
    problem: `${command} works with tags, and "${text}" names a digest`,
    hint: 'Leave the part from @ on away; the signed digest of a tag is shown by: dct resolve IMAGE:TAG',
  });
}

/** `NAME`. @throws REFERENCE_INVALID, USAGE */
export function repository(text: string, command: string): Reference {
  const reference = image(text, command);
  if (reference.tag === undefined) return reference;
  throw new DctError('USAGE', {
    problem: `${command} works on a whole repository, and "${text}" names a tag`,
    hint: `Leave the tag away: dct ${command} ${text.slice(0, -reference.tag.length - 1)}`,
  });
}
