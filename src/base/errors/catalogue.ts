// Every error that dct can report, in one table: family, sentence, next step.
import type { Entry } from './define.ts';
import { keyErrors } from './key.ts';
import { localErrors } from './local.ts';
import { proxyErrors } from './proxy.ts';
import { registryErrors } from './registry.ts';
import { transportErrors } from './transport.ts';
import { trustErrors } from './trust.ts';
import { usageErrors } from './usage.ts';

export const catalogue = {
  ...usageErrors,
  ...trustErrors,
  ...transportErrors,
  ...registryErrors,
  ...proxyErrors,
  ...keyErrors,
  ...localErrors,
};

/** The stable name of an error: what tests, scripts and `--json` readers compare. */
export type Code = keyof typeof catalogue;

/** The facts that the error of this code carries. */
export type Facts<C extends Code> = (typeof catalogue)[C] extends Entry<infer F> ? F : never;
