// When trust data ends: the roles, and the certificates that the root keys wear.
import { showInstant } from '../base/instant.ts';
import { canonicalKeyId, readRootCertificate } from '../tuf-client/index.ts';
import type { KeyId, TrustedRepository } from '../tuf-client/index.ts';

export interface RoleEnd {
  readonly role: string;
  readonly version: number;
  /** Milliseconds since the epoch. */
  readonly ends: number;
}

/** The base roles from the top, then the delegations. */
export function roleEnds(trusted: TrustedRepository): readonly RoleEnd[] {
  const { root, timestamp, snapshot, targets, delegations } = trusted;
  const documents = [
    ['root', root],
    ['timestamp', timestamp],
    ['snapshot', snapshot],
    ['targets', targets],
  ] as const;
  return [...documents, ...delegations].map(([role, { data }]) => ({
    role,
    version: data.version,
    ends: data.expires.epochMs,
  }));
}

export interface CertificateEnd {
  /** The id of the certificate, as metadata has it. */
  readonly certificateId: KeyId;
  /** The canonical id of the key in it, as key stores have it. Pins accept either. */
  readonly keyId: KeyId;
  /** Milliseconds since the epoch; undefined for a root key without a usable certificate, which never counts. */
  readonly ends: number | undefined;
}

/** One for each key of the root role. */
export async function certificateEnds({ root }: TrustedRepository): Promise<readonly CertificateEnd[]> {
  const { keys, roles } = root.data;
  return Promise.all(
    roles.root.keyIds.map(async (certificateId) => {
      const key = keys.get(certificateId);
      const certificate = key && (await readRootCertificate(key));
      return {
        certificateId,
        keyId: (key && canonicalKeyId(key)) ?? certificateId,
        ends: typeof certificate === 'object' ? certificate.notAfter : undefined,
      };
    }),
  );
}

/** An end for people and scripts. */
export function showEnd(ends: number | undefined): string | null {
  return ends === undefined ? null : showInstant(ends);
}
