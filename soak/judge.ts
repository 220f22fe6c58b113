// Judges every answer by itself: are these the right bytes, and may they be served now?
import { createHash } from 'node:crypto';
import { shelves, unsignedTag, type Shelf } from './catalogue.ts';
import { reasonIn, type Observation } from './observation.ts';
import type { Truth } from './truth.ts';

export interface Judge {
  /** What is wrong with it, in words; usually nothing. */
  judge(observation: Observation): readonly string[];
}

export function createJudge(truth: Truth, filled: readonly Shelf[]): Judge {
  // In a strict repository nothing leads to what was never signed.
  const unreachable = new Set(
    filled
      .filter(({ repository }) => shelves[repository]?.['strict'] === true)
      .flatMap(({ images }) => images.filter(({ tag }) => tag === unsignedTag))
      .flatMap(({ image }) => [image.digest, ...image.blobs.map(({ digest }) => digest)]),
  );
  return {
    judge: (seen) => {
      const { question, status, complete, left } = seen;
      const problems: string[] = [];
      const { repository, tag, digest } = question;
      const wrong = (what: string): void => {
        problems.push(`${question.method} ${question.path}: ${what}`);
      };
      if (status !== undefined && status >= 500 && status !== 502 && status !== 503) wrong(`HTTP ${status}`);
      if (left || !complete || status === undefined) return problems;
      const isServed = status === 200 || status === 206;
      if (isServed && !areRightBytes(seen)) wrong('wrong bytes arrived complete');
      if (isServed && digest !== undefined && unreachable.has(digest)) wrong('nothing signed leads to it');
      if (isServed && tag !== undefined && !mayServe(truth, seen, tag))
        wrong('it is not signed, and was served');
      if (isServed && question.kind === 'tag list')
        for (const name of tagsIn(seen))
          if (!mayServe(truth, seen, name)) wrong(`it lists ${name}, which is not signed`);
      const mustKnow = tag !== undefined && truth.isSettled(repository, tag, seen.begun, seen.ended);
      if (mustKnow && reasonIn(seen) === 'NOT_SIGNED') wrong('it is signed, and was refused as not signed');
      return problems;
    },
  };
}

/** The manifest of a tag is judged by what it hashes to; HEAD has no bytes to judge. */
function areRightBytes({ question, status, body }: Observation): boolean {
  const { method, digest, span } = question;
  if (method === 'HEAD' || digest === undefined) return true;
  if (span !== undefined && status === 206)
    return Buffer.from(body).equals(span.of.subarray(span.start, span.end));
  return digestOf(body) === digest;
}

function mayServe(truth: Truth, { question, begun, ended, body }: Observation, tag: string): boolean {
  const { method, repository, kind } = question;
  const digest = method === 'HEAD' || kind === 'tag list' ? undefined : digestOf(body);
  return truth.allows(repository, tag, digest, begun, ended);
}

function tagsIn({ body }: Observation): readonly string[] {
  return (JSON.parse(Buffer.from(body).toString('utf8')) as { readonly tags: readonly string[] }).tags;
}

function digestOf(body: Uint8Array): string {
  return `sha256:${createHash('sha256').update(body).digest('hex')}`;
}
