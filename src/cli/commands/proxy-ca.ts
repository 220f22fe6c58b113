// `dct proxy ca`: the authority that clients trust when the proxy speaks TLS in a registry's place.
import { showInstant } from '../../base/instant.ts';
import type { Context } from '../context.ts';
import { openInterception } from '../interception.ts';
import { registryHosts } from '../registry-hosts.ts';

export interface ProxyCaOptions {
  readonly registry?: readonly string[];
  readonly renew?: boolean;
}

/** Prints the path of its certificate; makes the authority when there is none. @throws USAGE, AUTHORITY_UNFIT, DISK */
export async function proxyCa(context: Context, options: ProxyCaOptions): Promise<void> {
  const { console, interruption } = context;
  const renew = options.renew === true;
  const registries = registryHosts(options.registry ?? []);
  const { caFile, notAfter } = await interruption.undisturbed(() =>
    openInterception(context, registries, { renew }),
  );
  const until = showInstant(notAfter);
  console.info(`it vouches for these registries only, until ${until}`);
  if (renew) console.info('clients that trust the old one refuse the proxy until they trust this one');
  console.emit({ lines: [caFile], data: { ca: caFile, notAfter: until } });
}
