// The throw-away authority of a sandbox, and the one certificate it ever signs.
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { utf8 } from '../base/bytes.ts';
import type { Files } from '../base/ports.ts';
import { writeCertificate } from '../tuf-client/crypto/index.ts';

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
const dns = ['localhost', 'notaryserver', 'sandboxregistry'];
const addresses = [Uint8Array.of(127, 0, 0, 1), Uint8Array.of(...Array<number>(15).fill(0), 1)];

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
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = {
    method: 'ecdsa' as const,
    sign: (bytes: Uint8Array) => signWith(authority.privateKey, bytes),
  };
  const common = { issuer: authorityName, notBefore: now - dayMs, notAfter: now + lifetimeMs };
  const ca = await writeCertificate(
    {
      ...common,
      subject: authorityName,
      publicKey: spki(authority.publicKey),
      serial: randomBytes(16),
      extensions: [
        { kind: 'basic-constraints', ca: true },
        { kind: 'key-usage', bits: ['keyCertSign'] },
      ],
    },
    issuer,
  );
  const cert = await writeCertificate(
    {
      ...common,
      subject: 'dct sandbox',
      publicKey: spki(server.publicKey),
      serial: randomBytes(16),
      extensions: [
        { kind: 'basic-constraints', ca: false },
        { kind: 'key-usage', bits: ['digitalSignature'] },
        { kind: 'extended-key-usage', purpose: 'serverAuth' },
        { kind: 'subject-alt-name', dns, addresses },
      ],
    },
    issuer,
  );
  return { ca, cert, key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

function signWith(key: KeyObject, bytes: Uint8Array): Promise<Uint8Array> {
  return Promise.resolve(sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }));
}

function spki(key: KeyObject): Uint8Array {
  return key.export({ type: 'spki', format: 'der' });
}
