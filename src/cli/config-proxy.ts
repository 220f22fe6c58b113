// What the configuration file says about `dct proxy`: bounds other than the usual ones.
import type { JsonValue } from '../base/json.ts';
import type { ServeBounds } from '../proxy/index.ts';
import type { Checker } from './config-checker.ts';

export interface ProxyConfig {
  readonly limits: Partial<ServeBounds>;
}

/** The least value of each: less would serve nobody. */
const least: Readonly<Record<keyof ServeBounds, number>> = {
  connections: 1,
  connectionsEach: 1,
  requests: 1,
  requestsEach: 1,
  headMs: 100,
  requestMs: 100,
  idleMs: 1000,
  keepAliveMs: 1000,
  paceBytes: 1,
  graceMs: 100,
};

/** @throws CONFIG_INVALID */
export function readProxyConfig(check: Checker, value: JsonValue | undefined): ProxyConfig {
  const { limits = {} } = value === undefined ? {} : check.object(value, '$.proxy', ['limits']);
  const given = check.object(limits, '$.proxy.limits', Object.keys(least));
  for (const [name, bound] of Object.entries(given)) {
    const minimum = least[name as keyof ServeBounds];
    if (typeof bound !== 'number' || !Number.isSafeInteger(bound) || bound < minimum || bound > 2 ** 31 - 1)
      throw check.fail(`$.proxy.limits.${name}`, `a whole number from ${minimum} on is expected`);
  }
  return { limits: given };
}
