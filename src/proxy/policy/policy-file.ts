// The policy of a running proxy: read again when its file changes, and kept as it was while the new one is wrong (PO-02).
import { utf8 } from '../../base/bytes.ts';
import { DctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { noMeters, type Meters } from '../../base/meters.ts';
import type { Notices } from '../../base/ports.ts';
import type { Gun } from '../../base/reference.ts';
import { WatchedFiles } from '../serve/watched-files.ts';
import type { Policy, PolicyView } from './policy.ts';
import { readPolicy } from './read-policy.ts';
import type { Rule } from './rule.ts';

export interface PolicyFileOptions {
  /** Absolute path. */
  readonly file: string;
  /** The whole file, or undefined when there is none. @throws DISK */
  readonly read: (path: string) => Promise<Uint8Array | undefined>;
  readonly notices: Notices;
  readonly meters?: Meters;
  /** How often the file is looked at, in milliseconds, besides the calls of `check`. */
  readonly everyMs?: number;
  /** Called with every attempt to use a new policy. */
  readonly onReload?: (outcome: 'ok' | 'failed') => void;
}

const outcomes = ['ok', 'failed'] as const;

export class PolicyFile implements PolicyView {
  readonly #watched: WatchedFiles<Policy>;

  /** @throws POLICY_INVALID, DISK: nothing is served under half a policy */
  static async open(options: PolicyFileOptions): Promise<PolicyFile> {
    const { file, read, notices, meters = noMeters, onReload } = options;
    if ((await read(file)) === undefined)
      throw new DctError('POLICY_INVALID', { file, path: '$', problem: 'there is no such file' });
    const reloads = meters.counter({
      name: 'policy_reloads_total',
      help: 'Attempts to use a changed policy file; after a failed one the old policy stays in force.',
      labels: { outcome: outcomes },
    });
    const watched = await WatchedFiles.open({
      what: `the policy ${file}`,
      paths: [file],
      read,
      parse: ([text = '']) => readPolicy(utf8(text), file),
      notices,
      everyMs: options.everyMs ?? limits.filesCheckMs,
      onReload: (outcome) => {
        reloads.add({ outcome });
        onReload?.(outcome);
      },
    });
    meters.gauge(
      { name: 'policy_rules', help: 'Rules of the policy in force.' },
      () => watched.value.rules.length,
    );
    return new PolicyFile(watched);
  }

  private constructor(watched: WatchedFiles<Policy>) {
    this.#watched = watched;
  }

  ruleFor(gun: Gun): Rule | undefined {
    return this.#watched.value.ruleFor(gun);
  }

  /** Looks at the file now. Never rejects. */
  check(): Promise<void> {
    return this.#watched.check();
  }

  close(): void {
    this.#watched.close();
  }
}
