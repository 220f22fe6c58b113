// The policy file: strict JSON, every member checked, so that a mistyped rule is an error and never less protection (PO-02).
import { DctError } from '../../base/errors.ts';
import { isJsonObject, JsonProblem, parseJson, type JsonObject, type JsonValue } from '../../base/json.ts';
import { limits } from '../../base/limits.ts';
import { isSignerName } from '../../base/role-name.ts';
import { parsePattern, showPattern, type Pattern } from './pattern.ts';
import { Policy } from './policy.ts';
import { asksTrust, defaultRule, type Requirement, type Rule } from './rule.ts';

const members = ['match', 'require', 'signers', 'threshold', 'strict', 'referrers', 'outage', 'audit'];
const requirements: readonly Requirement[] = ['signed', 'signed-by', 'digest-only', 'pass'];

/**
 * Reads a policy file.
 * @param file names it in errors
 * @throws POLICY_INVALID
 */
export function readPolicy(bytes: Uint8Array, file: string): Policy {
  try {
    if (bytes.byteLength > limits.policyBytes)
      throw new JsonProblem('$', `it has more than ${limits.policyBytes} bytes`);
    return new Policy(readRules(parseJson(bytes, { numbers: 'integers' })));
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    throw new DctError('POLICY_INVALID', { file, path: error.path, problem: error.message }, error);
  }
}

function readRules(document: JsonValue): readonly (readonly [Pattern, Rule])[] {
  const { rules } = objectAt(document, '$', ['rules']);
  if (rules === undefined) throw new JsonProblem('$.rules', 'it is missing');
  // A policy without any rule would refuse everything: more likely somebody lost the content of the file.
  const list = listAt(rules, '$.rules', 'rules');
  if (list.length > limits.policyRules)
    throw new JsonProblem('$.rules', `there are more than ${limits.policyRules} rules`);
  const places = new Map<string, string>();
  return list.map((item, i) => {
    const place = `$.rules[${i}]`;
    const [pattern, rule] = readRule(item, place);
    const twin = places.get(rule.pattern);
    if (twin !== undefined)
      throw new JsonProblem(`${place}.match`, `it means ${rule.pattern}, and so does ${twin}.match`);
    places.set(rule.pattern, place);
    return [pattern, rule];
  });
}

function readRule(value: JsonValue, place: string): readonly [Pattern, Rule] {
  const given = objectAt(value, place, members);
  const { match } = given;
  if (typeof match !== 'string') throw new JsonProblem(`${place}.match`, 'a text is expected');
  const pattern = parsePattern(match, `${place}.match`);
  const require = choice(given, 'require', place, requirements);
  if (require === undefined) throw new JsonProblem(`${place}.require`, 'it is missing');
  const rule = {
    pattern: showPattern(pattern),
    require,
    ...readSigners(given, require, place),
    strict: flag(given, 'strict', place) ?? defaultRule.strict,
    referrers: choice(given, 'referrers', place, ['block', 'pass']) ?? defaultRule.referrers,
    outage: choice(given, 'outage', place, ['fail', 'cached']) ?? defaultRule.outage,
    audit: flag(given, 'audit', place) ?? defaultRule.audit,
  };
  checkSense(rule, given, place);
  return [pattern, rule];
}

/** All of the signers, unless a threshold says how many of them. */
function readSigners(
  given: JsonObject,
  require: Requirement,
  place: string,
): Pick<Rule, 'signers' | 'threshold'> {
  const { signers: value, threshold } = given;
  if (require !== 'signed-by') {
    for (const name of ['signers', 'threshold'])
      if (given[name] !== undefined)
        throw new JsonProblem(`${place}.${name}`, 'it belongs to "require": "signed-by"');
    return { signers: [], threshold: 0 };
  }
  const signers = listAt(value ?? null, `${place}.signers`, 'names of signers').map((item, i) => {
    if (typeof item === 'string' && isSignerName(item)) return item;
    throw new JsonProblem(`${place}.signers[${i}]`, 'it is not the name of a signer, as in dct signer add');
  });
  const twice = signers.find((name, i) => signers.indexOf(name) !== i);
  if (twice !== undefined) throw new JsonProblem(`${place}.signers`, `"${twice}" occurs twice`);
  if (threshold === undefined) return { signers, threshold: signers.length };
  if (typeof threshold === 'number' && threshold >= 1 && threshold <= signers.length)
    return { signers, threshold };
  throw new JsonProblem(`${place}.threshold`, `a number from 1 to ${signers.length} is expected`);
}

/** Settings that would have no effect, or take back what another one promises, are misunderstandings. */
function checkSense(rule: Rule, given: JsonObject, place: string): void {
  if (rule.require === 'pass' && rule.strict)
    throw new JsonProblem(`${place}.strict`, 'under "require": "pass" nothing is signed to start from');
  if (rule.strict && rule.referrers === 'pass')
    throw new JsonProblem(
      `${place}.referrers`,
      'what refers to an image is never reachable from a signed tag',
    );
  if (given['outage'] !== undefined && !asksTrust(rule))
    throw new JsonProblem(`${place}.outage`, 'this rule asks no trust server');
}

function objectAt(value: JsonValue, place: string, known: readonly string[]): JsonObject {
  if (!isJsonObject(value)) throw new JsonProblem(place, 'an object is expected');
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown === undefined) return value;
  throw new JsonProblem(`${place}.${unknown}`, `there is no such member (known here: ${known.join(', ')})`);
}

/** At least one value. */
function listAt(value: JsonValue, place: string, what: string): readonly JsonValue[] {
  if (Array.isArray(value) && value.length > 0) return value as readonly JsonValue[];
  throw new JsonProblem(place, `a list of ${what} is expected, with one at least`);
}

function choice<T extends string>(
  given: JsonObject,
  name: string,
  place: string,
  choices: readonly T[],
): T | undefined {
  const value = given[name];
  const found = choices.find((other) => other === value);
  if (found !== undefined || value === undefined) return found;
  throw new JsonProblem(`${place}.${name}`, `one of ${choices.join(', ')} is expected`);
}

function flag(given: JsonObject, name: string, place: string): boolean | undefined {
  const value = given[name];
  if (value === undefined || typeof value === 'boolean') return value;
  throw new JsonProblem(`${place}.${name}`, 'true or false is expected');
}
