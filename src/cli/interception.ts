// The authority that vouches for the proxy in front of TLS registries: made on first use, for these registries only (ADR 0023).
import { createPrivateKey } from 'node:crypto';
import { join } from 'node:path';
import { utf8 } from '../base/bytes.ts';
import { DctError } from '../base/errors.ts';
import { isJsonObject, parseJson, type JsonValue } from '../base/json.ts';
import type { Files } from '../base/ports.ts';
import { openDirectory } from '../disk/files.ts';
import { withLock } from '../disk/lock.ts';
import { tunnelHosts } from '../proxy/index.ts';
import { generalNameOf, issueFor, makeAuthority, type Credential } from '../x509/index.ts';
import type { Context } from './context.ts';

export interface Interception {
  /** Absolute path of the certificate that clients have to trust (PEM). */
  readonly caFile: string;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
  /** What the proxy shows as the TLS server of a host. */
  readonly identify: (host: string) => Promise<Credential>;
}

const dayMs = 24 * 60 * 60 * 1000;
const authorityDays = 5 * 365;
const leafDays = 7;
/** Clocks of clients may be late by this much. */
const skewMs = dayMs;
const authorityName = 'dct proxy authority';

/** No registry begins with an underscore, so that no collection has this directory. */
const directoryBelowTrust = 'dct/_proxy';
const stateFile = 'authority.json';
const caFile = 'ca.crt';

/** What is kept, in one file and so all or nothing. The file is for its owner only. */
interface Kept {
  readonly cert: string;
  /** PKCS#8. */
  readonly key: string;
  readonly hosts: readonly string[];
  readonly notAfter: number;
}

/**
 * The authority for these registries; a new one when there is none, or with `renew`.
 * @throws AUTHORITY_UNFIT when it may not vouch for one of them, has expired, or cannot be read; DISK
 */
export async function openInterception(
  { io, settings }: Pick<Context, 'io' | 'settings'>,
  registries: readonly string[],
  { renew = false }: { readonly renew?: boolean } = {},
): Promise<Interception> {
  const directory = join(settings.dockerDirectory, 'trust', directoryBelowTrust);
  const files = openDirectory(directory);
  const now = (): number => io.clock.now();
  const hosts = tunnelHosts(registries);
  const kept = await withLock(join(directory, '_lock'), async () => {
    const found = renew ? undefined : await read(files);
    if (found !== undefined) return found;
    const made = await make(hosts, now());
    await files.write(stateFile, utf8(JSON.stringify(made)));
    return made;
  });
  check(kept, hosts, now());
  // A copy for clients, without the key.
  await files.write(caFile, utf8(kept.cert));
  return { caFile: files.locate(caFile), notAfter: kept.notAfter, identify: issuer(kept, now) };
}

async function make(hosts: readonly string[], now: number): Promise<Kept> {
  const notAfter = now + authorityDays * dayMs;
  const { authority, cert } = await makeAuthority({
    name: authorityName,
    only: hosts.map(generalNameOf),
    notBefore: now - skewMs,
    notAfter,
  });
  const key = authority.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { cert, key, hosts, notAfter };
}

function check(kept: Kept, hosts: readonly string[], now: number): void {
  if (kept.notAfter - leafDays * dayMs < now) throw unfit('it has expired, or is about to');
  const missing = hosts.filter((host) => !kept.hosts.includes(host));
  if (missing.length > 0) throw unfit(`it may not vouch for ${missing.join(', ')}`);
}

/** One certificate for each host, until half of its time is over. */
function issuer(kept: Kept, now: () => number): Interception['identify'] {
  const authority = { name: authorityName, privateKey: createPrivateKey(kept.key) };
  const issued = new Map<string, { readonly renewAt: number; readonly credential: Promise<Credential> }>();
  return (host) => {
    if (!kept.hosts.includes(host)) return Promise.reject(unfit(`it may not vouch for ${host}`));
    const known = issued.get(host);
    if (known !== undefined && now() < known.renewAt) return known.credential;
    const credential = issueFor(authority, {
      subject: 'dct proxy',
      names: [generalNameOf(host)],
      notBefore: now() - skewMs,
      notAfter: now() + leafDays * dayMs,
    });
    const entry = { renewAt: now() + (leafDays * dayMs) / 2, credential };
    issued.set(host, entry);
    // The next client that comes may have more luck.
    credential.catch(() => {
      if (issued.get(host) === entry) issued.delete(host);
    });
    return credential;
  };
}

async function read(files: Files): Promise<Kept | undefined> {
  const bytes = await files.read(stateFile);
  if (bytes === undefined) return undefined;
  const value = parse(bytes);
  if (!isJsonObject(value)) throw unfit('its file is damaged');
  const { cert, key, hosts, notAfter } = value;
  const isComplete = typeof cert === 'string' && typeof key === 'string' && typeof notAfter === 'number';
  if (!isComplete || !Array.isArray(hosts)) throw unfit('its file is damaged');
  return { cert, key, hosts: hosts.map(String), notAfter };
}

function parse(bytes: Uint8Array): JsonValue {
  try {
    return parseJson(bytes, { numbers: 'integers' });
  } catch {
    throw unfit('its file is damaged');
  }
}

function unfit(problem: string): DctError {
  return new DctError('AUTHORITY_UNFIT', { problem });
}
