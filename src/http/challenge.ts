// Reads WWW-Authenticate (RFC 9110 11.6.1): several challenges in one field, quoted strings, escapes (AU-03).
import { limits } from '../base/limits.ts';

export interface Challenge {
  /** Lower case. */
  readonly scheme: string;
  /** By lower-case name; values without quotes and escapes. */
  readonly parameters: ReadonlyMap<string, string>;
}

const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const quoted = /"((?:[^"\\]|\\.)*)"/y;
const token68 = /[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y;
const blanks = /[ \t]*/y;
const commas = /[ \t,]*/y;

/** The challenges in order, or undefined when the field is malformed, names a parameter twice, or is over-long. */
export function parseChallenges(field: string): readonly Challenge[] | undefined {
  if (field.length > limits.challengeHeaderBytes) return undefined;
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(field);
    if (match === null) return undefined;
    at = pattern.lastIndex;
    return match;
  };

  take(commas);
  while (at < field.length) {
    const name = take(token)?.[0].toLowerCase();
    if (name === undefined) return undefined;
    const spaced = take(blanks)?.[0] !== '';
    if (field[at] === '=') {
      // name=value: a parameter of the challenge before it.
      at++;
      take(blanks);
      const value = take(quoted)?.[1]?.replace(/\\(.)/g, '$1') ?? take(token)?.[0];
      const parameters = challenges.at(-1)?.parameters;
      if (value === undefined || parameters === undefined || parameters.has(name)) return undefined;
      parameters.set(name, value);
      if (!atBoundary(field, at)) return undefined;
    } else {
      challenges.push({ scheme: name, parameters: new Map() });
      if (at < field.length && field[at] !== ',') {
        if (!spaced) return undefined;
        // A challenge carries either one token68 or parameters; the parameters are read by the next turns.
        if (isToken68(field, at)) take(token68);
        else continue;
      }
    }
    take(commas);
  }
  return challenges;
}

function isToken68(field: string, at: number): boolean {
  token68.lastIndex = at;
  return token68.test(field);
}

function atBoundary(field: string, at: number): boolean {
  blanks.lastIndex = at;
  blanks.exec(field);
  return blanks.lastIndex === field.length || field[blanks.lastIndex] === ',';
}
