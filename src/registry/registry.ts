// One registry as a client sees it: every manifest and blob is checked here, nothing the registry claims is believed.
import { asDigest, digestAlgorithm, digestOf, type Digest } from '../base/digest.ts';
import { DctError, isDctError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Clock, HttpResponse, Pause, Transport } from '../base/ports.ts';
import type { Tag } from '../base/reference.ts';
import type { Resolve } from '../http/address.ts';
import { createAuthenticator, type Authenticator } from '../http/authenticate.ts';
import { discard, readBounded } from '../http/body.ts';
import type { CredentialLookup, Login } from '../http/credentials.ts';
import { registryOrigin } from '../http/origin.ts';
import { systemPause } from '../http/pause.ts';
import type { RealmPairs } from '../http/realm.ts';
import { retrying } from '../http/retry.ts';
import { hashHere, type BeginHash } from '../hashing/index.ts';
import { createAsk, type Ask, type Question } from './ask.ts';
import { Admissions, callersRegistry } from './callers.ts';
import { announcedSize } from './content-range.ts';
import { continuedBody } from './continued-body.ts';
import { readManifest } from './manifest.ts';
import { acceptManifests } from './media-types.ts';
import { nextPage } from './next-page.ts';
import { listReferrers } from './referrers.ts';
import { readTagPage } from './tag-pages.ts';
import type { Blob, CallersRegistry, Manifest, Registry } from './types.ts';
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
  /** Whether callers may ask with accounts of their own. */
  readonly callers?: boolean;
  /** Waits before something is tried again; the system's timers by default. */
  readonly pause?: Pause;
  /** The system's name resolver by default. */
  readonly resolve?: Resolve;
  /** How blobs are hashed; on the thread that reads them by default. */
  readonly beginHash?: BeginHash;
}

/** Connects to nobody by itself. */
export function createRegistry(options: RegistryOptions): Registry {
  const { host, clock, pause = systemPause, resolve, beginHash = hashHere } = options;
  const credentials = () => options.credentials(host);
  // The search for the address tries what may fail, and is not patient.
  const origin = registryOrigin(options);
  const figures = { retries: 0, resumes: 0 };
  const transport = retrying(options.transport, { clock, pause, onRetry: () => figures.retries++ });
  const authenticator = createAuthenticator({ ...options, transport, credentials });
  const askAs = (user: Authenticator, account: typeof credentials): Ask =>
    createAsk({ origin, authenticator: user, credentials: account, away: transport, resolve });
  const reading = { clock, pause, beginHash, onResume: () => figures.resumes++ };
  const own = {
    ...registryOver(host, askAs(authenticator, credentials), reading),
    figures: () => ({ ...figures }),
  };
  if (options.callers !== true) return own;

  const admissions = new Admissions(clock);
  const as = (caller: Login): CallersRegistry => {
    const account = (): Promise<Login> => Promise.resolve(caller);
    const ask = askAs(authenticator.as(account), account);
    return callersRegistry(registryOver(host, ask, reading), ask, caller, admissions);
  };
  return { ...own, as };
}

/** What blobs are read with. */
interface Reading {
  readonly clock: Clock;
  readonly pause: Pause;
  readonly beginHash: BeginHash;
  readonly onResume: () => void;
}

/** What a registry offers, by way of `ask`. */
function registryOver(host: string, ask: Ask, reading: Reading): Registry {
  const nameOf = (repository: string, wanted: Tag | Digest): string =>
    `${host}/${repository}${asDigest(wanted) === undefined ? ':' : '@'}${wanted}`;

  const fetchManifest = async (
    repository: string,
    wanted: Tag | Digest,
    signal?: AbortSignal,
  ): Promise<Uint8Array> => {
    const reference = nameOf(repository, wanted);
    const question: Question = {
      method: 'GET',
      path: `/v2/${repository}/manifests/${wanted}`,
      headers: { accept: acceptManifests },
      signal,
      asked: { kind: 'manifest', repository, reference },
    };
    const read = async (): Promise<Uint8Array> => {
      const { response } = await ask(question);
      return readBounded(response, limits.manifestBytes, `the manifest of ${reference}`, 'manifestBytes');
    };
    try {
      return await read();
    } catch (error) {
      // Once more after a broken connection, never after an answer (MF-05).
      if (!isDctError(error, 'CUT_OFF') || signal?.aborted === true) throw error;
      return read();
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
      const reference = nameOf(repository, wanted);
      const bytes = await fetchManifest(repository, wanted, signal);
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
      const { response, url } = await ask(question);
      const reference = `${host}/${repository}@${digest}`;
      const size = boundedSize(response, reference);
      const body = continuedBody(response, {
        again: async (headers) => {
          const accepted = headers['range'] === undefined ? [200] : [200, 206, 416];
          return (await ask({ ...question, headers, accepted })).response;
        },
        ...{ ...reading, origin: url.origin, signal },
      });
      return verifiedBlob(body, { digest, size, reference, beginHash: reading.beginHash });
    },

    async blobSize(repository, digest, signal): Promise<number | undefined> {
      const { response } = await ask(blobQuestion('HEAD', repository, digest, signal));
      const size = boundedSize(response, `${host}/${repository}@${digest}`);
      await discard(response);
      return size;
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

    referrers(repository, subject, signal) {
      const tagged = (tag: Tag): Promise<Uint8Array> => fetchManifest(repository, tag, signal);
      return listReferrers({ host, repository, subject, signal, ask, tagged });
    },
  };
}

/** @throws LIMIT, before anything is read (BL-12) */
function boundedSize(response: HttpResponse, reference: string): number | undefined {
  const size = announcedSize(response);
  if (size === undefined || size <= limits.blobBytes) return size;
  response.body.cancel();
  throw new DctError('LIMIT', { what: reference, limit: 'blobBytes', bound: limits.blobBytes });
}

function tooManyTags(what: string, limit: 'tags' | 'tagPages'): DctError<'LIMIT'> {
  return new DctError('LIMIT', { what: `the tag list of ${what}`, limit, bound: limits[limit] });
}
