// JS-01 to JS-08: the real notary finds our signatures over its own canonical form, whatever values were signed.
//
// PROPERTY_FACTOR=100 signs a hundred times as many, PROPERTY_SEED=N others.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { canonicalBytes } from '../../src/base/canonical-json.ts';
import type { JsonValue } from '../../src/base/json.ts';
import { makeHistory, type History } from '../oracle/history.ts';
import { openOracle, type Oracle } from '../oracle/notary-verdict.ts';
import { ourVerdict } from '../oracle/our-verdict.ts';
import { MemoryFiles } from '../support/memory-files.ts';
import { fc, tries } from '../support/properties.ts';
import { describeReal } from '../support/real/requirement.ts';

/** Strings of every plane, names that sort apart as bytes and as UTF-16, numbers at the edge of what is exact. */
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string());
const number = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.constantFrom(0, -1, 2 ** 53 - 1, 1 - 2 ** 53));
const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(text, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));

/** Values on which RFC 8785 and Notary differ are never signed (ADR 0001): they are refused before that. */
const signable = value.filter((candidate) => {
  try {
    canonicalBytes(candidate);
    return true;
  } catch {
    return false;
  }
});

describeReal(['notary'], 'values that nobody thought of', () => {
  let directory: string;
  let history: History;
  let oracle: Oracle;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dct-canonical-'));
    history = makeHistory(Math.floor(Date.now() / 1000) * 1000);
    oracle = await openOracle(directory, history.known);
  });
  afterAll(async () => {
    await oracle.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('are signed in the form that notary makes of them', async () => {
    const many = fc.array(signable, { minLength: 40, maxLength: 40 });
    const property = fc.asyncProperty(many, async (generated) => {
      const repository = history.newest.fork();
      repository.role('targets').edit = (body) => ({ ...body, generated });
      repository.publish('targets');
      const ours = await ourVerdict(new MemoryFiles(), repository);
      expect(ours).toMatchObject({ accepted: true });
      expect(await oracle.ask('fresh', repository)).toEqual(ours);
    });
    await fc.assert(property, { ...tries(25), endOnFailure: true });
  });
});
