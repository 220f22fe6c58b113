// Editing one member of a JSON document: the value is there, and nothing else has moved.
import { describe, expect, it } from 'vitest';
import { setMember } from '../../src/cli/json-edit.ts';
import { fc, tries } from '../support/properties.ts';

const path = ['pins', 'a.test/b'];

describe('setting a member', () => {
  it.each([
    ['an empty document', '{}', '{\n  "pins": {\n    "a.test/b": [\n      "1"\n    ]\n  }\n}'],
    ['an empty document on lines', '{\n}\n', '{\n  "pins": {\n    "a.test/b": [\n      "1"\n    ]\n  }\n}\n'],
    ['one line', '{"registries":{}}', '{"registries":{},"pins":{"a.test/b":["1"]}}'],
    [
      'tabs',
      '{\n\t"pins": {\n\t\t"x.test/y": ["2"]\n\t}\n}',
      '{\n\t"pins": {\n\t\t"x.test/y": ["2"],\n\t\t"a.test/b": [\n\t\t\t"1"\n\t\t]\n\t}\n}',
    ],
    [
      'four blanks and CRLF',
      '{\r\n    "pins": {}\r\n}\r\n',
      '{\r\n    "pins": {\r\n        "a.test/b": [\r\n            "1"\r\n        ]\r\n    }\r\n}\r\n',
    ],
    ['a value that is there', '{"pins":{"a.test/b":["0"], "c":  1}}', '{"pins":{"a.test/b":["1"], "c":  1}}'],
    [
      'odd spacing elsewhere',
      '{ "pins" :{ "x.test/y" : ["}\\"{"] } , "z":[ ]}',
      '{ "pins" :{ "x.test/y" : ["}\\"{"], "a.test/b":["1"] } , "z":[ ]}',
    ],
    ['an escaped name', '{"pin\\u0073":{"a.test\\/b":[]}}', '{"pin\\u0073":{"a.test\\/b":["1"]}}'],
  ])('in %s', (_what, before, after) => {
    expect(setMember(before, path, ['1'])).toBe(after);
  });
});

describe('removing a member', () => {
  it.each([
    ['the only one', '{"pins": { "a.test/b": [1] }}', '{"pins": {}}'],
    ['the first', '{"pins":{"a.test/b":[1], "c":2}}', '{"pins":{"c":2}}'],
    ['the last', '{"pins":{"c":2,\n "a.test/b":[1]\n}}', '{"pins":{"c":2\n}}'],
    ['one that is not there', '{"pins":{"c":2}}', '{"pins":{"c":2}}'],
    ['one whose parent is not there', '{ }', '{ }'],
  ])('%s', (_what, before, after) => {
    expect(setMember(before, path, undefined)).toBe(after);
  });
});

describe('any document', () => {
  // In an assignment, as the expectation has it, this one name would set a prototype.
  const name = fc.string().filter((text) => text !== '__proto__');
  const member = fc.dictionary(name, fc.jsonValue({ maxDepth: 2 }), { noNullPrototype: true });
  const indentation = fc.constantFrom<string | number>('', '\t', 1, 4);

  it('means what it meant, apart from the member', () => {
    fc.assert(
      fc.property(member, member, name, indentation, fc.boolean(), (other, pins, key, space, gone) => {
        const text = JSON.stringify({ ...other, pins }, null, space);
        const changed = setMember(text, ['pins', key], gone ? undefined : [key]);
        const expected = JSON.parse(text) as { pins: Record<string, unknown> };
        if (gone) Reflect.deleteProperty(expected.pins, key);
        else expected.pins[key] = [key];
        expect(JSON.parse(changed)).toEqual(expected);
      }),
      tries(300),
    );
  });
});
