// The sandbox's trust server: what notary-server answers, as a function from request to answer (dialect 7).
import { isDctError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import type { Clock, Files } from '../../base/ports.ts';
import type { SandboxAnswer, SandboxHandler, SandboxRequest } from '../http/handler.ts';
import { emptyAnswer, healthAnswer, keyAnswer, metadataAnswer, textAnswer, type MaxAge } from './answers.ts';
import type { NotaryAttacks } from './attacks.ts';
import { changeList, readChangeQuery } from './changefeed.ts';
import { dayMs } from './document.ts';
import { readUploads } from './multipart.ts';
import { refuse, Refusal } from './refusal.ts';
import { createRepositories, type Repositories } from './repositories.ts';
import { cleanTarget, routeOf, type Route } from './routes.ts';

export interface NotaryServerOptions {
  /** Where everything is kept; a server on the same files goes on where the last one ended. */
  readonly files: Files;
  readonly clock: Clock;
  /** 14 days when left out, as Notary has it. */
  readonly timestampLifetimeMs?: number;
  /** Notary's own when left out. */
  readonly maxAge?: MaxAge;
}

export interface NotaryServer {
  readonly handle: SandboxHandler;
  readonly attacks: NotaryAttacks;
}

const defaultMaxAge: MaxAge = { current: 300, consistent: 30 * 24 * 60 * 60 };

/** A trust server without a socket: `listen` gives it one. */
export function createNotaryServer(options: NotaryServerOptions): NotaryServer {
  const { files, clock, timestampLifetimeMs = 14 * dayMs, maxAge = defaultMaxAge } = options;
  const repositories = createRepositories({ files, clock, timestampLifetimeMs });
  const handle: SandboxHandler = async (request) => {
    if (!answeredMethods.has(request.method)) return { status: 405, headers: {} };
    const elsewhere = cleanTarget(request.target);
    if (elsewhere !== undefined) return { status: 301, headers: { Location: elsewhere } };
    try {
      return await answer(repositories, maxAge, request);
    } catch (error) {
      if (error instanceof Refusal) return refuse(error);
      throw error;
    }
  };
  return { handle, attacks: repositories.attacks };
}

/** Others are not even told that there is nothing. */
const answeredMethods = new Set(['GET', 'POST', 'PUT', 'HEAD', 'DELETE']);

/** @throws Refusal */
async function answer(
  repositories: Repositories,
  maxAge: MaxAge,
  request: SandboxRequest,
): Promise<SandboxAnswer> {
  const route = routeOf(request.target);
  checkGun(route, request.method);
  if (route.name === 'ping' && request.method === 'GET') return textAnswer('{}');
  if (route.name === 'health' && request.method === 'GET') return healthAnswer;
  if (route.name === 'metadata' && request.method === 'GET') {
    const file = route.wanted && (await repositories.find(route.gun, route.wanted));
    if (route.wanted === undefined || file === undefined) throw new Refusal('METADATA_NOT_FOUND', {});
    return metadataAnswer(route.wanted, file, maxAge);
  }
  if (route.name === 'collection' && request.method === 'POST') {
    const uploads = await readUploads(request);
    await refusingDisk(repositories.publish(route.gun, uploads));
    return emptyAnswer;
  }
  if (route.name === 'collection' && request.method === 'DELETE') {
    await repositories.remove(route.gun);
    return emptyAnswer;
  }
  if (route.name === 'key' && request.method === 'GET')
    return keyAnswer(await repositories.offeredKey(route.gun, route.role));
  if (route.name === 'key' && request.method === 'POST')
    return keyAnswer(await repositories.newKey(route.gun, route.role));
  if (route.name === 'changes' && request.method === 'GET') {
    const query = readChangeQuery(route.query);
    return textAnswer(changeList(await repositories.changes(route.gun), query));
  }
  throw new Refusal('METADATA_NOT_FOUND');
}

/** As for a GUN outside of the prefixes that a real server is configured for. */
function checkGun(route: Route, method: string): void {
  if (!('gun' in route) || route.gun === undefined || route.gun.length <= limits.gunCharacters) return;
  throw new Refusal(route.name === 'collection' && method === 'POST' ? 'INVALID_GUN' : 'METADATA_NOT_FOUND');
}

/** A full disk while publishing has a code of its own, and leaves everything as it was. */
async function refusingDisk(publication: Promise<void>): Promise<void> {
  try {
    await publication;
  } catch (error) {
    throw isDctError(error) && error.family === 'disk' ? new Refusal('UPDATING', {}) : error;
  }
}
