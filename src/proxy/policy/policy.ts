// A policy: rules by pattern, of which the most specific one decides.
import type { Gun } from '../../base/reference.ts';
import { componentsOf, type Pattern } from './pattern.ts';
import { defaultRule, type Rule } from './rule.ts';

/** The policy as requests see it. Each asks once, and keeps its rule to the end, whatever is reloaded meanwhile. */
export interface PolicyView {
  /** The rule that decides; undefined when there is none, which is a refusal. */
  ruleFor(gun: Gun): Rule | undefined;
}

/** One component further on the way of patterns that begin alike. */
class Branch {
  readonly named = new Map<string, Branch>();
  /** Below `*`. */
  any: Branch | undefined;
  /** Of the pattern that ends here. */
  rule: Rule | undefined;
  /** Of the pattern that ends here with `**`. */
  rest: Rule | undefined;
}

/**
 * Compares from the left: where patterns differ first, a name goes before `*`, and `*` before `**`. So the order of the
 * rules has no meaning, and the number of rules hardly a cost.
 */
export class Policy implements PolicyView {
  readonly rules: readonly Rule[];
  readonly #root = new Branch();

  /** @param rules with patterns that differ from each other */
  constructor(rules: readonly (readonly [Pattern, Rule])[]) {
    this.rules = rules.map(([, rule]) => rule);
    for (const [pattern, rule] of rules) this.#add(pattern, rule);
  }

  ruleFor(gun: Gun): Rule | undefined {
    return find(this.#root, componentsOf(gun), 0);
  }

  #add(pattern: Pattern, rule: Rule): void {
    let branch = this.#root;
    for (const component of pattern) {
      if (component === '**') {
        branch.rest = rule;
        return;
      }
      const next = component === '*' ? branch.any : branch.named.get(component);
      const below = next ?? new Branch();
      if (component === '*') branch.any = below;
      else branch.named.set(component, below);
      branch = below;
    }
    branch.rule = rule;
  }
}

function find(branch: Branch, components: Pattern, at: number): Rule | undefined {
  const component = components[at];
  if (component === undefined) return branch.rule;
  const named = branch.named.get(component);
  return (
    (named && find(named, components, at + 1)) ??
    (branch.any && find(branch.any, components, at + 1)) ??
    branch.rest
  );
}

/** What holds when no policy was given: tags must be signed, everywhere. */
export const defaultPolicy: PolicyView = new Policy([[['**'], defaultRule]]);
