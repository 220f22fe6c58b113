// The sandbox's registry: push and pull of the OCI distribution API 1.1 as one function, and the attacks on what it serves.
import type { Files } from '../../base/ports.ts';
import type { SandboxAnswer, SandboxHandler, SandboxRequest } from '../http/handler.ts';
import type { BlobStorage } from '../storage/blob-storage.ts';
import { createAttacks, type RegistryAttacks } from './attacks.ts';
import { deleteBlob, getBlob } from './blob-endpoints.ts';
import { createContents } from './contents.ts';
import { listReferrers, listRepositories, listTags } from './listing-endpoints.ts';
import { deleteManifest, getManifest, putManifest } from './manifest-endpoints.ts';
import { createOverlays } from './overlays.ts';
import { jsonAnswer, Refusal, refusalAnswer } from './refusal.ts';
import { createRepositories } from './repositories.ts';
import { parseTarget, type Route } from './route.ts';
import type { RegistryState } from './state.ts';
import { cancelUpload, continueUpload, finishUpload, startUpload, uploadStatus } from './upload-endpoints.ts';
import { createUploads } from './uploads.ts';

export type { Alteration } from './alteration.ts';
export type { CorruptOptions, Corruption, RegistryAttacks, Restoration, Swap } from './attacks.ts';

export interface RegistryServer {
  /** Plain HTTP or HTTPS, under any name: nothing that it answers depends on `Host`. */
  readonly handle: SandboxHandler;
  readonly attacks: RegistryAttacks;
}

export interface RegistryServerOptions {
  /** What the repositories consist of. */
  readonly files: Files;
  /** Layers, configs and manifests. */
  readonly blobs: BlobStorage;
}

/** The only writer of both while it runs. */
export function createRegistryServer({ files, blobs }: RegistryServerOptions): RegistryServer {
  const repositories = createRepositories(files);
  const state: RegistryState = {
    repositories,
    contents: createContents(repositories, blobs),
    blobs,
    uploads: createUploads(blobs),
    overlays: createOverlays(),
  };
  const handle: SandboxHandler = async (request) => {
    const { headers, ...answer } = await dispatch(state, request);
    // Docker takes whatever lacks this header for something else than a registry.
    return { ...answer, headers: { 'Docker-Distribution-Api-Version': 'registry/2.0', ...headers } };
  };
  return { handle, attacks: createAttacks(state) };
}

type Endpoint = () => SandboxAnswer | Promise<SandboxAnswer>;

async function dispatch(state: RegistryState, request: SandboxRequest): Promise<SandboxAnswer> {
  try {
    const { route, query } = parseTarget(request.target);
    const endpoints = endpointsOf(state, route, request, query);
    const endpoint = endpoints.get(request.method);
    if (endpoint !== undefined) return await endpoint();
    const allowed = { Allow: [...endpoints.keys()].join(', ') };
    throw new Refusal(405, 'UNSUPPORTED', `${request.method} is not for this path`, allowed);
  } catch (error) {
    if (error instanceof Refusal) return refusalAnswer(error);
    throw error;
  }
}

/** What can be done with a route, by method. */
function endpointsOf(
  state: RegistryState,
  route: Route,
  request: SandboxRequest,
  query: URLSearchParams,
): ReadonlyMap<string, Endpoint> {
  switch (route.kind) {
    case 'version':
      return reading(() => jsonAnswer({}));
    case 'catalog':
      return reading(() => listRepositories(state, query));
    case 'tags':
      return reading(() => listTags(state, route, query));
    case 'referrers':
      return reading(() => listReferrers(state, route, query));
    case 'manifest':
      return reading(() => getManifest(state, route, request))
        .set('PUT', () => putManifest(state, route, request))
        .set('DELETE', () => deleteManifest(state, route));
    case 'blob':
      return reading(() => getBlob(state, route, request)).set('DELETE', () => deleteBlob(state, route));
    case 'uploads':
      return new Map([['POST', () => startUpload(state, route, request, query)]]);
    case 'upload':
      return reading(() => uploadStatus(state, route))
        .set('PATCH', () => continueUpload(state, route, request))
        .set('PUT', () => finishUpload(state, route, request, query))
        .set('DELETE', () => cancelUpload(state, route));
  }
}

function reading(endpoint: Endpoint): Map<string, Endpoint> {
  return new Map([
    ['GET', endpoint],
    ['HEAD', endpoint],
  ]);
}
