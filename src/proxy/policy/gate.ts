// The policy's word on one request: what may be served for a tag, a digest, a list, and what an audit lets through.
import type { Digest } from '../../base/digest.ts';
import { DctError, isDctError, type Family } from '../../base/errors.ts';
import type { Gun, Tag } from '../../base/reference.ts';
import type { Manifest } from '../../registry/index.ts';
import type { ReleasedTarget } from '../../tuf-client/index.ts';
import type { Subject } from '../operations/decision.ts';
import type { PolicyView } from './policy.ts';
import type { ReachableContent, Search } from './reachable.ts';
import type { Rule } from './rule.ts';
import type { SignedTags } from './signed-tags.ts';
import { checkSigners } from './signers.ts';
import type { TrustView } from './trust-view.ts';

export interface GateOptions {
  readonly policy: PolicyView;
  /** Every rule is an auditing one, and so is having none. */
  readonly audit: boolean;
  readonly view: TrustView;
  readonly reachable: ReachableContent;
}

/** One request before its policy. The rule is looked up once: a policy that is reloaded meanwhile is for others (PX-20). */
export class Gate {
  readonly #options: GateOptions;
  readonly #gun: Gun;
  readonly #subject: Subject;
  readonly #rule: Rule | undefined;

  /** @param subject learns the rule, the role and keys that signed, and what an audit let through */
  constructor(options: GateOptions, gun: Gun, subject: Subject) {
    this.#options = options;
    this.#gun = gun;
    this.#subject = subject;
    this.#rule = options.policy.ruleFor(gun);
    if (this.#rule !== undefined) subject.rule = this.#rule.pattern;
  }

  /**
   * What the tag is signed as; undefined when it may be served as the registry has it.
   * @throws the refusal of the policy or of trust
   */
  tag(tag: Tag): Promise<ReleasedTarget | undefined> {
    return this.#unlessAudited(async (rule) => {
      const referred = referredBy(tag);
      if (rule.require === 'pass') {
        if (referred !== undefined) this.#checkReferrers(rule, referred);
        return undefined;
      }
      const passes = referred !== undefined && rule.referrers === 'pass';
      if (rule.require === 'digest-only') {
        if (passes) return undefined;
        throw new DctError('TAGS_REFUSED', { gun: this.#gun, rule: rule.pattern });
      }
      try {
        return await this.#ask(rule, (signed) => this.#released(rule, signed, tag));
      } catch (error) {
        if (passes && isDctError(error, 'NOT_SIGNED', 'NO_TRUST_DATA')) return undefined;
        throw error;
      }
    });
  }

  /**
   * @param read gets manifests that may lead to the digest
   * @throws NOT_REACHABLE in strict mode, and whatever keeps it from being found out; POLICY_UNMATCHED
   */
  async digest(digest: Digest, read: Search['read'], signal: AbortSignal): Promise<void> {
    await this.#unlessAudited(async (rule) => {
      if (!rule.strict) return;
      const { reachable } = this.#options;
      await this.#ask(rule, (signed) => {
        const roots = { signed, has: (other: Digest) => isRoot(rule, signed, other) };
        return reachable.check(this.#gun, digest, { roots, read, signal });
      });
    });
  }

  /** Takes in a manifest that was verified and is about to be served. */
  served(manifest: Manifest): void {
    if (this.#rule?.strict === true && this.#subject.audit === undefined)
      this.#options.reachable.learn(this.#gun, manifest);
  }

  /** The tags that `tag` serves as signed; undefined when the registry's own list is the right one. */
  tags(): Promise<readonly string[] | undefined> {
    return this.#unlessAudited(async (rule) => {
      // Whoever only watches serves every tag, so the list has them all.
      if (rule.require === 'pass' || this.#isAudit(rule)) return undefined;
      if (rule.require === 'digest-only')
        throw new DctError('TAGS_REFUSED', { gun: this.#gun, rule: rule.pattern });
      return this.#ask(rule, (signed) =>
        rule.require === 'signed'
          ? signed.names()
          : signed.names().filter((tag) => isSignedEnough(rule, signed, signed.find(tag))),
      );
    });
  }

  /** @throws REFERRERS_BLOCKED, POLICY_UNMATCHED */
  async referrers(digest: Digest): Promise<void> {
    await this.#unlessAudited((rule) => {
      this.#checkReferrers(rule, digest);
      return Promise.resolve();
    });
  }

  /** Refused aloud: an empty list would be a statement, and one that nobody signed (MF-14, PX-15). */
  #checkReferrers(rule: Rule, digest: string): void {
    if (rule.referrers === 'block') throw new DctError('REFERRERS_BLOCKED', { gun: this.#gun, digest });
  }

  #ask<T>(rule: Rule, judge: (signed: SignedTags) => T | Promise<T>): Promise<T> {
    return this.#options.view.ask(this.#gun, rule.outage, judge);
  }

  #released(rule: Rule, signed: SignedTags, tag: Tag): ReleasedTarget {
    const target = signed.find(tag);
    if (rule.require === 'signed-by') checkSigners(signed, target, rule);
    this.#subject.role = target.role;
    this.#subject.keys = signed.keysOf(target.role);
    return target;
  }

  #isAudit(rule: Rule | undefined): boolean {
    return this.#options.audit || rule?.audit === true;
  }

  /**
   * Only what decides about trust runs in here, so that an audit lets no altered byte through. It does let pass what
   * could not be decided because a server is away or silent: to watch must not be to break.
   */
  async #unlessAudited<T>(judge: (rule: Rule) => Promise<T>): Promise<T | undefined> {
    const rule = this.#rule;
    try {
      if (rule === undefined) throw new DctError('POLICY_UNMATCHED', { gun: this.#gun });
      return await judge(rule);
    } catch (error) {
      if (!this.#isAudit(rule) || !isVerdict(error)) throw error;
      this.#subject.audit = error.code;
      return undefined;
    }
  }
}

function isRoot(rule: Rule, signed: SignedTags, digest: Digest): boolean {
  const targets = signed.withDigest(digest);
  if (rule.require !== 'signed-by') return targets.length > 0;
  return targets.some((target) => isSignedEnough(rule, signed, target));
}

function isSignedEnough(rule: Rule, signed: SignedTags, target: ReleasedTarget): boolean {
  try {
    checkSigners(signed, target, rule);
    return true;
  } catch (error) {
    if (isDctError(error, 'SIGNERS_TOO_FEW')) return false;
    throw error;
  }
}

/**
 * The image that a tag is about by its name, such as `sha256-H`, or `sha256-H.sig` as cosign has it; of a longer digest, as much as
 * fits into a tag (OCI distribution 1.1, "Referrers Tag Schema").
 */
function referredBy(tag: Tag): string | undefined {
  const [, algorithm, hash] = /^(sha256|sha512)-([0-9a-f]{64})(?:\.[a-z]+)?$/.exec(tag) ?? [];
  return algorithm && hash && `${algorithm}:${hash}`;
}

/** A no of trust, or no word from whoever has to be asked: the trust server, or the registry for what is signed (MF-15). */
const undecided: ReadonlySet<Family> = new Set(['trust', 'transport', 'registry']);

function isVerdict(error: unknown): error is DctError {
  if (!isDctError(error)) return false;
  return undecided.has(error.family) || error.code === 'REFERRERS_BLOCKED';
}
