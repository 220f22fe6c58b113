// From a root certificate up to a pinned authority: signatures, lengths and purposes, at no particular time (RT-12).
import { decodeUtf8 } from '../../base/bytes.ts';
import { limits } from '../../base/limits.ts';
import type { PublicKey } from '../model/index.ts';
import {
  certificatesIn,
  readCertificate,
  type PinnedAuthority,
  type ChainCertificate,
} from './pin-certificate.ts';

/** Go's verification, and so Notary's, demands a purpose that Notary itself never writes: serverAuth, or any (dialect 8.4). */
const allowedPurposes: readonly string[] = ['1.3.6.1.5.5.7.3.1', '2.5.29.37.0'];

/** From the leaf to one of the authorities. */
export type Chain = readonly ChainCertificate[];

/**
 * Every chain from the leaf of a root key, through the certificates that come with it, to one of the authorities; or why
 * there is none. Whether a chain holds now, its certificates' life times decide.
 */
export async function chainsTo(
  authorities: readonly PinnedAuthority[],
  key: PublicKey,
): Promise<readonly Chain[] | string> {
  const certificates = certificatesIn(decodeUtf8(key.value) ?? '');
  if (typeof certificates === 'string') return certificates;
  const [leaf, ...between] = await Promise.all(certificates.map(readCertificate));
  if (leaf === undefined) return 'it holds no certificate';
  if (typeof leaf === 'string') return leaf;
  // One that may not stand in a chain is as good as missing.
  const usable = between.filter((link) => typeof link !== 'string');
  const search = new Search(authorities, usable);
  search.climb([leaf]);
  return search.chains.length > 0 ? search.chains : search.problem;
}

class Search {
  readonly chains: Chain[] = [];
  problem = 'no pinned authority issued it';
  /** A server could send authorities that all may have issued each other, and their ways multiply. */
  #checksLeft: number = limits.chainSignatureChecks;
  readonly #authorities: readonly PinnedAuthority[];
  readonly #between: readonly ChainCertificate[];

  constructor(authorities: readonly PinnedAuthority[], between: readonly ChainCertificate[]) {
    this.#authorities = authorities;
    this.#between = between;
  }

  climb(chain: Chain): void {
    for (const authority of this.#authorities)
      if (this.#extends(chain, authority)) this.chains.push([...chain, authority]);
    for (const link of this.#between)
      if (!chain.includes(link) && this.#extends(chain, link)) this.climb([...chain, link]);
  }

  #extends(chain: Chain, issuer: ChainCertificate): boolean {
    const [last, above] = [chain.at(-1), chain.length - 1];
    if (last === undefined || !last.certificate.checkIssued(issuer.certificate)) return false;
    if (this.#checksLeft-- <= 0) return this.#refuse('its authorities sign each other in too many ways');
    if (!last.certificate.verify(issuer.certificate.publicKey))
      return this.#refuse(`the signature of ${issuer.name} is not valid`);
    if (issuer.pathLength !== undefined && above > issuer.pathLength)
      return this.#refuse(`${issuer.name} does not allow ${above} authorities below it`);
    const wrong = [...chain, issuer].find(({ purposes }) => !allowsPurpose(purposes));
    if (wrong === undefined) return true;
    return this.#refuse(`the extended key usage of ${wrong.name} allows neither serverAuth nor any purpose`);
  }

  #refuse(problem: string): false {
    this.problem = problem;
    return false;
  }
}

function allowsPurpose(purposes: ChainCertificate['purposes']): boolean {
  return purposes?.some((purpose) => allowedPurposes.includes(purpose)) ?? true;
}
