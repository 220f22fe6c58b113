// Canonical JSON on generated values: one form, whatever the order and the spelling of what was read.
import { expect, test } from 'vitest';
import { canonicalBytes } from '../../src/base/canonical-json.ts';
import { JsonProblem, parseJson, type JsonObject, type JsonValue } from '../../src/base/json.ts';
import { serialise } from '../../src/tuf-client/model/index.ts';
import { fc, tries } from '../support/properties.ts';

/** Values as metadata has them: no fractions, and any text. */
const values = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
  object: fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 6 }), tie('value'), { maxKeys: 5 }),
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false, 0, -1, Number.MAX_SAFE_INTEGER),
    fc.maxSafeInteger(),
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('object'),
  ),
}));

/** The canonical form, or undefined where there is none. */
function formOf(value: JsonValue): Buffer | undefined {
  try {
    return Buffer.from(canonicalBytes(value));
  } catch (error) {
    if (error instanceof JsonProblem) return undefined;
    throw error;
  }
}

test('what was canonical stays so when it is read and written again', () => {
  fc.assert(
    fc.property(values.value, (value) => {
      const form = formOf(value);
      if (form === undefined) return;
      expect(formOf(parseJson(form, { numbers: 'integers' }))?.equals(form)).toBe(true);
    }),
    tries(400),
  );
});

test('the order in which members were written makes no difference', () => {
  fc.assert(
    fc.property(values.object, (object) => {
      const turned = Object.fromEntries(Object.entries(object).reverse());
      expect(formOf(turned)).toEqual(formOf(object));
    }),
    tries(300),
  );
});

test('two values have one form only if they are one value', () => {
  fc.assert(
    fc.property(values.value, values.value, (one, other) => {
      const [form, otherForm] = [formOf(one), formOf(other)];
      if (form === undefined || otherForm === undefined) return;
      const plain = (value: JsonValue): unknown => JSON.parse(JSON.stringify(value));
      if (form.equals(otherForm)) expect(plain(one)).toEqual(plain(other));
      else expect(plain(one)).not.toEqual(plain(other));
    }),
    tries(300),
  );
});

test('a file holds the very value whose canonical form was signed', () => {
  fc.assert(
    fc.property(values.object, (signed) => {
      const form = formOf(signed);
      if (form === undefined) return;
      const file = parseJson(serialise(signed, []), { numbers: 'integers' }) as JsonObject;
      expect(formOf(file['signed'] ?? null)?.equals(form)).toBe(true);
    }),
    tries(300),
  );
});
