// The options of `dct proxy` for clients that use it as their HTTP proxy.
import { DctError } from '../base/errors.ts';
import type { TunnelOptions } from '../proxy/index.ts';
import type { Context } from './context.ts';

export interface TunnelFlags {
  readonly intercept?: boolean;
  readonly tunnel?: readonly string[];
  readonly tunnelOthers?: boolean;
}

/** Undefined when every tunnel is to be refused. @throws USAGE, AUTHORITY_UNFIT, DISK */
export async function tunnelOptions(
  context: Pick<Context, 'io' | 'settings'>,
  registries: readonly string[],
  { intercept = false, tunnel = [], tunnelOthers = false }: TunnelFlags,
): Promise<TunnelOptions | undefined> {
  if (!intercept) {
    if (tunnel.length === 0 && !tunnelOthers) return undefined;
    throw new DctError('USAGE', {
      problem: '--tunnel and --tunnel-others need --intercept',
      hint: 'Without it, no tunnel is opened at all.',
    });
  }
  const { openInterception } = await import('./interception.ts');
  const interception = await openInterception(context, registries);
  return {
    identify: (host) => interception.identify(host),
    passages: { hosts: tunnel, others: tunnelOthers },
  };
}
