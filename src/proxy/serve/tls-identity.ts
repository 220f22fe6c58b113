// What the proxy shows to its clients, and which certificates it asks of them; replaced while it runs (PX-13).
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { DctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Meters } from '../../base/meters.ts';
import type { Clock } from '../../base/ports.ts';
import { WatchedFiles, type WatchedOptions } from './watched-files.ts';

/** Absolute paths of PEM files. */
export interface TlsFiles {
  /** The certificate, followed by those that lead to its authority. */
  readonly cert: string;
  readonly key: string;
  /** Authorities; clients have to show a certificate of one of them. */
  readonly clientCa?: string | undefined;
}

/** As Node's TLS server takes it. */
export interface TlsServerOptions {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
  readonly requestCert?: true;
  readonly rejectUnauthorized?: true;
  readonly minVersion: 'TLSv1.2';
}

interface Material {
  readonly options: TlsServerOptions;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

export interface TlsIdentityOptions extends Pick<WatchedOptions<Material>, 'read' | 'notices' | 'onReload'> {
  readonly files: TlsFiles;
  readonly clock: Clock;
  readonly everyMs?: number;
}

export class TlsIdentity {
  readonly #material: WatchedFiles<Material>;

  /** @throws CONFIG_INVALID for a certificate that is expired, not yet valid, or not the key's; DISK */
  static async open({ files, clock, ...options }: TlsIdentityOptions): Promise<TlsIdentity> {
    const { cert, key, clientCa } = files;
    return new TlsIdentity(
      await WatchedFiles.open({
        everyMs: limits.filesCheckMs,
        ...options,
        what: `the certificate in ${cert}`,
        paths: clientCa === undefined ? [cert, key] : [cert, key, clientCa],
        parse: (texts) => parse(files, texts, clock.now()),
      }),
    );
  }

  private constructor(material: WatchedFiles<Material>) {
    this.#material = material;
  }

  options(): TlsServerOptions {
    return this.#material.value.options;
  }

  /** For connections from now on; those that there are keep what they were made with. */
  onChange(listener: (options: TlsServerOptions) => void): void {
    this.#material.onChange(({ options }) => listener(options));
  }

  /** Looks at the files now. */
  check(): Promise<void> {
    return this.#material.check();
  }

  meter(meters: Meters): void {
    meters.gauge(
      {
        name: 'certificate_expiry_timestamp_seconds',
        help: 'When the certificate that clients see expires, in seconds since 1970.',
      },
      () => Math.floor(this.#material.value.expires / 1000),
    );
  }

  close(): void {
    this.#material.close();
  }
}

function parse(files: TlsFiles, [cert = '', key = '', ca]: readonly string[], now: number): Material {
  const leaf = read(files.cert, 'certificate', () => new X509Certificate(cert));
  if (/^(?:-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED)/m.test(key))
    throw unusable(files.key, 'private key', 'it is encrypted, and nobody is asked for its passphrase');
  const own = read(files.key, 'private key', () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(own))
    throw unusable(files.key, 'private key', `it does not belong to the certificate in ${files.cert}`);
  const expires = Date.parse(leaf.validTo);
  if (expires <= now) throw unusable(files.cert, 'certificate', `it expired on ${leaf.validTo}`);
  if (Date.parse(leaf.validFrom) > now)
    throw unusable(files.cert, 'certificate', `it is not valid before ${leaf.validFrom}`);
  // What OpenSSL does not take, such as a key that is too short or half a chain, is not found out by a client.
  read(files.cert, 'certificate', () => createSecureContext({ cert, key, ...(ca !== undefined && { ca }) }));
  if (ca === undefined) return { options: { cert, key, minVersion: 'TLSv1.2' }, expires };
  read(files.clientCa ?? '', 'authority', () => new X509Certificate(ca));
  const options = {
    cert,
    key,
    ca,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  } as const;
  return { options, expires };
}

function read<T>(file: string, what: string, parseIt: () => T): T {
  try {
    return parseIt();
  } catch (error) {
    throw unusable(file, what, 'it cannot be read', error);
  }
}

function unusable(file: string, path: string, problem: string, cause?: unknown): DctError {
  return new DctError('CONFIG_INVALID', { file, path, problem }, cause);
}
