// Tags in the order that people expect, which is also the one of `docker trust inspect`.
import { expect, it } from 'vitest';
import { naturalOrder } from '../../src/cli/natural-order.ts';

it.each([
  { why: 'numbers by value', sorted: ['1', '2', '10', '100'] },
  { why: 'numbers inside', sorted: ['v1.9.2', 'v1.10.0', 'v1.10.1'] },
  { why: 'digits before letters', sorted: ['1', 'a', 'a1', 'aa'] },
  { why: 'capitals before small letters', sorted: ['B', 'a'] },
  { why: 'a prefix first', sorted: ['1.0', '1.0-rc1', '1.0.1'] },
  { why: 'fewer leading zeros first when the value is equal', sorted: ['1', '01', '001', '2'] },
  { why: 'numbers beyond 2^53', sorted: ['9007199254740993', '9007199254740994', '90071992547409930'] },
])('$why', ({ sorted }) => {
  expect([...sorted].reverse().sort(naturalOrder)).toEqual(sorted);
});
