// One descriptor in a manifest: media type, digest and size, each with one reading (OCI image spec, descriptor.md).
import { asDigest } from '../base/digest.ts';
import type { DctError } from '../base/errors.ts';
import { isJsonObject, member, type JsonObject, type JsonValue } from '../base/json.ts';
import type { Descriptor } from './types.ts';

/** `urls` are left alone: content is asked from the registry only (BL-14). @throws what `refuse` makes */
export function readDescriptor(
  value: JsonValue,
  refuse: (problem: string) => DctError,
): Omit<Descriptor, 'kind'> {
  if (!isJsonObject(value)) throw refuse('it is not a descriptor');
  refuseVariants(value, refuse);
  const mediaType = member(value, 'mediaType');
  const text = member(value, 'digest');
  const size = member(value, 'size');
  const digest = typeof text === 'string' ? asDigest(text) : undefined;
  if (typeof mediaType !== 'string') throw refuse('it has no mediaType');
  if (digest === undefined) throw refuse('it has no sha256 or sha512 digest');
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw refuse('its size is not a number of bytes');
  return { mediaType, digest, size };
}

function refuseVariants(value: JsonObject, refuse: (problem: string) => DctError): void {
  for (const name of Object.keys(value)) {
    const lower = name.toLowerCase();
    if (name !== lower && (lower === 'digest' || lower === 'size'))
      throw refuse(`"${name}" can be mistaken for "${lower}"`);
  }
}
