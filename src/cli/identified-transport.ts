// A transport that shows a client certificate to the servers it was made for, and to nobody else.
import type { Transport } from '../base/ports.ts';
import type { TransportOptions } from '../http/transport.ts';
import type { TlsMaterial } from './tls-material.ts';

/**
 * Challenges and redirects could lead us to any server, and there the certificate would speak for us as a password does
 * (AU-01, AU-07).
 * @param hosts those who may see it, as in URLs
 */
export function identifiedTransport(
  open: (options: TransportOptions) => Transport,
  hosts: readonly (string | undefined)[],
  { ca, client }: TlsMaterial,
): Transport {
  const trusting: TransportOptions = ca.length > 0 ? { ca: ca.join('\n') } : {};
  const unknown = open(trusting);
  if (client === undefined) return unknown;
  const known = open({ ...trusting, clientCert: client.certificate, clientKey: client.key });
  return (request) => (hosts.includes(request.url.host) ? known : unknown)(request);
}
