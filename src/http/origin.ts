// Under which address a registry host is reached, and when plain HTTP may be tried, by Docker's rules (AU-08).
import { isDctError } from '../base/errors.ts';
import type { Transport } from '../base/ports.ts';
import { bareHost, isLoopbackHost } from './address.ts';
import { discard } from './body.ts';

export interface OriginOptions {
  /** `HOST[:PORT]` as in references. */
  readonly host: string;
  readonly transport: Transport;
  /** Hosts, as in references, that the user allowed plain HTTP for. */
  readonly insecureRegistries?: readonly string[];
}

/** Docker Hub's registry does not live under its name. */
const realHosts: Readonly<Record<string, string>> = { 'docker.io': 'registry-1.docker.io' };

/** The addresses to try, in order. Plain HTTP only for loopback hosts and for those the user named; never anybody else. */
export function registryAddresses(host: string, insecureRegistries: readonly string[] = []): readonly URL[] {
  const secure = new URL(`https://${realHosts[host] ?? host}`);
  const mayBePlain = isLoopbackHost(bareHost(secure)) || insecureRegistries.includes(host);
  return mayBePlain ? [secure, new URL(`http://${host}`)] : [secure];
}

/**
 * Finds out once where a registry answers and remembers it. The address is only asked for when there is a choice, and plain
 * HTTP is chosen only when nobody speaks TLS there: a bad certificate is an error, not a reason to do without.
 */
export function registryOrigin(options: OriginOptions): (signal?: AbortSignal) => Promise<URL> {
  const [secure, plain] = registryAddresses(options.host, options.insecureRegistries) as [URL, URL?];
  let known: URL | undefined = plain === undefined ? secure : undefined;
  return async (signal) => {
    known ??= await choose(options.transport, secure, plain ?? secure, signal);
    return known;
  };
}

async function choose(transport: Transport, secure: URL, plain: URL, signal?: AbortSignal): Promise<URL> {
  const probe = async (base: URL): Promise<URL> => {
    const url = new URL('/v2/', base);
    await discard(await transport({ method: 'GET', url, headers: {}, ...(signal && { signal }) }));
    return base;
  };
  try {
    return await probe(secure);
  } catch (error) {
    if (!speaksNoTls(error)) throw error;
    return probe(plain);
  }
}

/** What OpenSSL reports when the other side answers something that is not TLS. */
const notTls = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_UNEXPECTED_MESSAGE',
]);

function speaksNoTls(error: unknown): boolean {
  if (isDctError(error, 'UNREACHABLE')) return true;
  const cause = isDctError(error, 'TLS') ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && notTls.has(String(cause.code));
}
