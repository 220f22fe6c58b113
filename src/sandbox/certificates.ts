// The throw-away authority of a sandbox, and the one certificate it ever signs.
import { utf8 } from '../base/bytes.ts';
import type { Files } from '../base/ports.ts';
import { generalNameOf, issueFor, makeAuthority } from '../x509/index.ts';

export interface ServerIdentity {
  /** PEM of the authority, which clients have to trust. */
  readonly ca: string;
  /** PEM of the server's certificate and private key. */
  readonly cert: string;
  readonly key: string;
}

const dayMs = 24 * 60 * 60 * 1000;
const lifetimeMs = 825 * dayMs;
const authorityName = 'dct sandbox authority';
/** The names under which a sandbox is reached, the classic sandbox guide's among them. */
const names = ['localhost', 'notaryserver', 'sandboxregistry', '127.0.0.1', '::1'].map(generalNameOf);

/**
 * The identity kept in `files`, or a new one. The authority's own private key is forgotten as soon as it has signed, so
 * that trusting its certificate never means trusting anything else.
 */
export async function serverIdentity(files: Files, now: number): Promise<ServerIdentity> {
  const kept = await read(files);
  if (kept !== undefined && now < kept.notAfter - dayMs) return kept.identity;
  const identity = await newIdentity(now);
  const notAfter = now + lifetimeMs;
  await files.write(file, utf8(JSON.stringify({ ...identity, notAfter })));
  return identity;
}

const file = 'identity.json';

async function read(
  files: Files,
): Promise<{ readonly identity: ServerIdentity; readonly notAfter: number } | undefined> {
  const bytes = await files.read(file);
  if (bytes === undefined) return undefined;
  // Our own file in the sandbox's directory; whoever can write there needs no broken certificate.
  const { notAfter, ...identity } = JSON.parse(Buffer.from(bytes).toString('utf8')) as ServerIdentity & {
    notAfter: number;
  };
  return { identity, notAfter };
}

async function newIdentity(now: number): Promise<ServerIdentity> {
  const validity = { notBefore: now - dayMs, notAfter: now + lifetimeMs };
  const { authority, cert: ca } = await makeAuthority({ name: authorityName, ...validity });
  return { ca, ...(await issueFor(authority, { subject: 'dct sandbox', names, ...validity })) };
}
