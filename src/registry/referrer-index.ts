// A list of referrers, page by page: well-formed descriptors, each once, and nothing else of what the index says (MF-14).
import type { Digest } from '../base/digest.ts';
import { DctError } from '../base/errors.ts';
import { isJsonObject, member, type JsonObject, type JsonValue } from '../base/json.ts';
import { limits } from '../base/limits.ts';
import { readDescriptor } from './descriptor.ts';
import { openManifest } from './manifest.ts';
import { ociIndex } from './media-types.ts';
import type { Referrer } from './types.ts';

type Refuse = (problem: string, cause?: unknown) => DctError;

/** RFC 6838 4.2. */
const typeName = /^[A-Za-z0-9][\w!#$&^.+-]{0,126}\/[A-Za-z0-9][\w!#$&^.+-]{0,126}$/;
/** Types of artifacts have been seen with parameters. */
const printableText = /^[ -~]{1,255}$/;

export class ReferrerIndex {
  readonly #subject: Digest;
  readonly #reference: string;
  readonly #found = new Map<Digest, Referrer>();
  #bytes = 0;

  /** @param reference names the subject in errors */
  constructor(subject: Digest, reference: string) {
    this.#subject = subject;
    this.#reference = reference;
  }

  get referrers(): readonly Referrer[] {
    return [...this.#found.values()];
  }

  /** @throws REFERRERS_REFUSED, LIMIT */
  addPage(bytes: Uint8Array): void {
    this.#bytes += bytes.byteLength;
    if (this.#bytes > limits.referrersBytes) throw tooManyReferrers(this.#reference, 'referrersBytes');
    const refuse: Refuse = (problem, cause) =>
      new DctError('REFERRERS_REFUSED', { reference: this.#reference, problem }, cause);
    const { mediaType, document, items } = openManifest(bytes, refuse);
    if (mediaType !== ociIndex) throw refuse(`it is ${mediaType} instead of an OCI index`);
    this.#checkSubject(member(document, 'subject'), refuse);
    for (const [i, item] of items.entries())
      this.#add(item, (problem) => refuse(`manifests[${i}]: ${problem}`));
  }

  /** An index may itself refer to something: one that is about other content is no list about this one. */
  #checkSubject(value: JsonValue | undefined, refuse: Refuse): void {
    if (value === undefined || value === null) return;
    const digest = isJsonObject(value) ? member(value, 'digest') : undefined;
    if (digest !== this.#subject) throw refuse('it has another subject');
  }

  #add(item: JsonValue, refuse: Refuse): void {
    const referrer = readReferrer(item, refuse);
    const { digest, mediaType, size } = referrer;
    // Nobody can write the digest of a document into it, and clients that follow referrers would go round in circles.
    if (digest === this.#subject) throw refuse('it refers to itself');
    const known = this.#found.get(digest);
    // Clients that keep the list under a tag may have added an entry at the same time.
    if (known === undefined) this.#found.set(digest, referrer);
    else if (known.mediaType !== mediaType || known.size !== size)
      throw refuse(`${digest} is listed before as something else`);
    if (this.#found.size > limits.referrers) throw tooManyReferrers(this.#reference, 'referrers');
  }
}

export function tooManyReferrers(
  reference: string,
  limit: 'referrersBytes' | 'referrers' | 'referrerPages',
): DctError<'LIMIT'> {
  return new DctError('LIMIT', {
    what: `the list of what refers to ${reference}`,
    limit,
    bound: limits[limit],
  });
}

/** `urls` and `data` are left out, as content comes from the registry and is verified, and so is what nobody knows. */
function readReferrer(item: JsonValue, refuse: Refuse): Referrer {
  const { mediaType, digest, size } = readDescriptor(item, refuse);
  if (!typeName.test(mediaType)) throw refuse('its mediaType is none');
  if (size > limits.manifestBytes) throw refuse(`no manifest has ${size} bytes`);
  const entry = item as JsonObject;
  const artifactType = readArtifactType(member(entry, 'artifactType'), refuse);
  const annotations = readAnnotations(member(entry, 'annotations'), refuse);
  return {
    mediaType,
    digest,
    size,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations && { annotations }),
  };
}

/** Empty is as good as missing (OCI image spec, manifest.md), and so is the null of Go. */
function readArtifactType(value: JsonValue | undefined, refuse: Refuse): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string' && printableText.test(value)) return value;
  throw refuse('its artifactType is none');
}

function readAnnotations(value: JsonValue | undefined, refuse: Refuse): Referrer['annotations'] {
  if (value === undefined || value === null) return undefined;
  if (isJsonObject(value) && isOfTexts(value)) return value;
  throw refuse('its annotations are not texts by name');
}

function isOfTexts(value: JsonObject): value is Readonly<Record<string, string>> {
  return Object.values(value).every((text) => typeof text === 'string');
}
