// One registry as a client sees it: every manifest and blob is checked here, nothing the registry claims is believed.
import { asDigest, digestAlgorithm, digestOf, type Digest } from '../base/digest.ts';
import { DctError, isDctError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Clock, HttpResponse, Transport } from '../base/ports.ts';
import type { Resolve } from '../http/address.ts';
import { createAuthenticator } from '../http/authenticate.ts';
import { discard, readBounded } from '../http/body.ts';
import { describeUser, type CredentialLookup } from '../http/credentials.ts';
import { registryOrigin } from '../http/origin.ts';
import type { RealmPairs } from '../http/realm.ts';
import { followRedirects } from '../http/redirect.ts';
import { readManifest } from './manifest.ts';
import { acceptManifests } from './media-types.ts';
import { inRegistrysName, refusal, type Asked } from './refusal.ts';
import { nextPage, readTagPage } from './tag-pages.ts';
import type { Blob, Manifest, Registry } from './types.ts';
import { verifiedBlob } from './verified-blob.ts';

export interface RegistryOptions {
  /** `HOST[:PORT]` as in references; `docker.io` for Docker Hub. */
  readonly host: string;
  readonly transport: Transport;
  readonly credentials: CredentialLookup;
  readonly clock: Clock;
  /** Hosts, as in references, for which plain HTTP is allowed. Loopback hosts need no mention. */
  readonly insecureRegistries?: readonly string[];
  /** Token servers on other hosts that may see the credentials of this registry. */
  readonly realms?: RealmPairs;
  /** The system's name resolver by default. */
  readonly resolve?: Resolve;
}

/** A request below one repository. */
interface Question {
  readonly method: 'GET' | 'HEAD';
  readonly path: string;
  readonly accept?: string;
  readonly signal: AbortSignal | undefined;
  readonly asked: Omit<Asked, 'url' | 'user'>;
}

export function createRegistry(options: RegistryOptions): Registry {
  const { host, transport, resolve } = options;
  const credentials = () => options.credentials(host);
  const origin = registryOrigin(options);
  const authenticator = createAuthenticator({ ...options, credentials });

  /** The answer, if it is a 200, and where it was asked for; everything else is an error. */
  const ask = async (question: Question): Promise<{ response: HttpResponse; url: URL }> => {
    const { method, path, accept, signal, asked } = question;
    const url = new URL(path, await origin(signal));
    const home = authenticator.scoped(`repository:${asked.repository}:pull`);
    const send = followRedirects({ home, away: transport, ...(resolve && { resolve }) });
    let response: HttpResponse;
    try {
      response = await send({ method, url, headers: accept ? { accept } : {}, ...(signal && { signal }) });
    } catch (error) {
      throw inRegistrysName(error);
    }
    if (response.status === 200) return { response, url };
    throw await refusal(response, { ...asked, url, user: describeUser(await credentials()) });
  };

  const fetchManifest = async (question: Question, reference: string): Promise<Uint8Array> => {
    const fetch = async (): Promise<Uint8Array> => {
      const { response } = await ask(question);
      return readBounded(response, limits.manifestBytes, `the manifest of ${reference}`, 'manifestBytes');
    };
    try {
      return await fetch();
    } catch (error) {
      // Once more after a broken connection, never after an answer (MF-05).
      if (!isDctError(error, 'CUT_OFF') || question.signal?.aborted === true) throw error;
      return fetch();
    }
  };

  const blobQuestion = (
    method: 'GET' | 'HEAD',
    repository: string,
    digest: Digest,
    signal?: AbortSignal,
  ): Question => ({
    method,
    path: `/v2/${repository}/blobs/${digest}`,
    signal,
    asked: { kind: 'blob', repository, reference: `${host}/${repository}@${digest}` },
  });

  return {
    host,

    async manifest(repository, wanted, signal): Promise<Manifest> {
      const digest = asDigest(wanted);
      const reference = `${host}/${repository}${digest === undefined ? ':' : '@'}${wanted}`;
      const path = `/v2/${repository}/manifests/${wanted}`;
      const asked = { kind: 'manifest', repository, reference } as const;
      const bytes = await fetchManifest(
        { method: 'GET', path, accept: acceptManifests, signal, asked },
        reference,
      );
      const actual = digestOf(bytes, digest && digestAlgorithm(digest));
      if (digest !== undefined && actual !== digest) {
        throw new DctError('CONTENT_MISMATCH', {
          what: reference,
          property: 'digest',
          expected: digest,
          actual,
        });
      }
      return { bytes, digest: actual, ...readManifest(bytes, reference) };
    },

    async blob(repository, digest, signal): Promise<Blob> {
      const question = blobQuestion('GET', repository, digest, signal);
      const { response } = await ask(question);
      const size = announcedSize(response);
      const reference = `${host}/${repository}@${digest}`;
      if (size !== undefined && size > limits.blobBytes) {
        response.body.cancel();
        throw new DctError('LIMIT', { what: reference, limit: 'blobBytes', bound: limits.blobBytes });
      }
      return verifiedBlob(response.body, digest, size, reference);
    },

    async blobSize(repository, digest, signal): Promise<number | undefined> {
      const { response } = await ask(blobQuestion('HEAD', repository, digest, signal));
      await discard(response);
      return announcedSize(response);
    },

    async tags(repository, signal): Promise<readonly string[]> {
      const asked = { kind: 'repository', repository } as const;
      const tags: string[] = [];
      let path: string | undefined = `/v2/${repository}/tags/list`;
      for (let page = 0; path !== undefined; page++) {
        if (page === limits.tagPages) throw tooManyTags(`${host}/${repository}`, 'tagPages');
        const { response, url } = await ask({ method: 'GET', path, signal, asked });
        const refuse = (detail: string): DctError =>
          new DctError('REGISTRY_REFUSED', { url: url.origin + url.pathname, status: 200, detail });
        const what = `the tag list of ${host}/${repository}`;
        const found = readTagPage(await readBounded(response, limits.tagPageBytes, what, 'tagPageBytes'));
        if (found === undefined) throw refuse('what it sent is not a list of tags');
        for (const tag of found) tags.push(tag);
        if (tags.length > limits.tags) throw tooManyTags(`${host}/${repository}`, 'tags');
        const next = nextPage(response.headers['link'], url);
        if (next === 'elsewhere') throw refuse('its list of tags goes on somewhere else');
        path = next && next.pathname + next.search;
      }
      return tags;
    },
  };
}

/** Content-Length, where the registry sent one; the HTTP parser made sure that it is one number. */
function announcedSize(response: HttpResponse): number | undefined {
  const text = response.headers['content-length'];
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function tooManyTags(what: string, limit: 'tags' | 'tagPages'): DctError<'LIMIT'> {
  return new DctError('LIMIT', { what: `the tag list of ${what}`, limit, bound: limits[limit] });
}
