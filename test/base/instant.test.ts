// Times as Go writes and reads them in JSON (dialect 2.4, FZ-07).
import { describe, expect, it } from 'vitest';
import { instantAt, parseInstant, showInstant } from '../../src/base/instant.ts';

describe('reading', () => {
  it.each([
    ['UTC', '2026-12-06T08:35:54Z', '2026-12-06T08:35:54.000Z'],
    ['nanoseconds', '2026-12-06T08:35:54.850855512Z', '2026-12-06T08:35:54.850Z'],
    ['an offset east', '2026-12-06T08:35:54+02:00', '2026-12-06T06:35:54.000Z'],
    ['an offset west', '2026-12-06T08:35:54.5-09:30', '2026-12-06T18:05:54.500Z'],
    ['the year 9999', '9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
    ['the year 1, which Go writes for no time at all', '0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['29 February of a leap year', '2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000Z'],
  ])('%s', (_, text, utc) => {
    expect(parseInstant(text)).toEqual({ text, epochMs: Date.parse(utc.padStart(24, '0')) });
  });

  it.each([
    ['no zone', '2026-12-06T08:35:54'],
    ['a lower-case z', '2026-12-06T08:35:54z'],
    ['a lower-case t', '2026-12-06t08:35:54Z'],
    ['a blank for T', '2026-12-06 08:35:54Z'],
    ['ten fraction digits', '2026-12-06T08:35:54.1234567890Z'],
    ['a bare dot', '2026-12-06T08:35:54.Z'],
    ['a leap second', '2026-12-31T23:59:60Z'],
    ['29 February of another year', '2026-02-29T00:00:00Z'],
    ['month 13', '2026-13-01T00:00:00Z'],
    ['hour 24', '2026-12-06T24:00:00Z'],
    ['an offset of 25 hours', '2026-12-06T08:35:54+25:00'],
    ['a short hour', '2026-12-06T8:35:54Z'],
    ['a year of twelve digits', '292277026597-12-06T08:35:54Z'],
    ['a number', '1796546154'],
    ['nothing', ''],
  ])('refuses %s', (_, text) => {
    expect(parseInstant(text)).toBeUndefined();
  });
});

describe('writing', () => {
  it.each([
    [0, '1970-01-01T00:00:00Z'],
    [1_000, '1970-01-01T00:00:01Z'],
    [100, '1970-01-01T00:00:00.1Z'],
    [120, '1970-01-01T00:00:00.12Z'],
    [123, '1970-01-01T00:00:00.123Z'],
    [10, '1970-01-01T00:00:00.01Z'],
    [600_000, '1970-01-01T00:10:00Z'],
  ])('%i ms after the epoch without trailing zeros (JS-16)', (epochMs, text) => {
    expect(instantAt(epochMs)).toEqual({ text, epochMs });
    expect(parseInstant(text)?.epochMs).toBe(epochMs);
  });

  it('for people stops at the second', () => {
    expect(showInstant(1_234)).toBe('1970-01-01T00:00:01Z');
  });
});
