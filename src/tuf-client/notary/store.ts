// A Notary v1 server over HTTP: metadata down, publications up, and the keys that the server holds.
import { randomBytes } from 'node:crypto';
import { concat, utf8 } from '../../base/bytes.ts';
import { DctError, isDctError } from '../../base/errors.ts';
import { limits, type LimitName } from '../../base/limits.ts';
import type { HttpRequest, HttpResponse, Transport } from '../../base/ports.ts';
import type { Gun } from '../../base/reference.ts';
import { turns } from '../../base/turns.ts';
import { readBounded } from '../../http/body.ts';
import {
  parseDocument,
  readPublicKey,
  type MetadataFile,
  type PublicKey,
  type RoleName,
} from '../model/index.ts';
import { metadataUrl, trustUrl } from './endpoints.ts';
import { readProblem, refusePages, unexpectedStatus } from './status.ts';

export interface NotaryStore {
  /**
   * One metadata file of at most `maxBytes`; undefined when the server does not have it (404).
   * @throws LIMIT, NOT_METADATA, and the transport family
   */
  download(gun: Gun, file: MetadataFile, maxBytes: number): Promise<Uint8Array | undefined>;
  /**
   * The key that the server will sign this role with. Before the first publication every call may answer another key
   * (dialect 7.5), so it is asked for once. Errors as `download`, and MALFORMED, PRIVATE_KEY_PUBLISHED.
   */
  serverKey(gun: Gun, role: 'timestamp' | 'snapshot'): Promise<PublicKey>;
  /**
   * A new key for this role, which the server signs with as soon as a published root names it (dialect 7.5). Errors as
   * `serverKey`.
   */
  rotateServerKey(gun: Gun, role: 'timestamp' | 'snapshot'): Promise<PublicKey>;
  /**
   * Publishes files in one request: all of them or none. `version-conflict` when somebody else published first;
   * `no-snapshot-key` when a snapshot has to be part of it because the server does not sign them.
   * @throws PUBLISH_REFUSED, and the transport family
   */
  publish(
    gun: Gun,
    files: ReadonlyMap<RoleName, Uint8Array>,
  ): Promise<'published' | 'version-conflict' | 'no-snapshot-key'>;
  /** The server's clock in its latest answer, in milliseconds since the epoch; undefined when it told none. */
  serverTime(): number | undefined;
}

export interface NotaryStoreOptions {
  /** From `parseServerUrl`. */
  readonly server: URL;
  /** A transport that logs in for this scope, `repository:<gun>:<actions>` (dialect 7.6). */
  readonly transport: (scope: string) => Transport;
  /** Whose requests these are, for messages. */
  readonly user?: () => Promise<string>;
}

export function createNotaryStore(options: NotaryStoreOptions): NotaryStore {
  const { server, transport, user = () => Promise.resolve('these credentials') } = options;
  let serverTime: number | undefined;

  const send = async (gun: Gun, actions: string, request: HttpRequest): Promise<HttpResponse> => {
    const response = await transport(`repository:${gun}:${actions}`)(request);
    const date = Date.parse(response.headers['date'] ?? '');
    serverTime = Number.isNaN(date) ? serverTime : date;
    return response;
  };

  const fetchBytes = async (
    gun: Gun,
    actions: string,
    method: 'GET' | 'POST',
    url: URL,
    what: string,
    maxBytes: number,
    limit: LimitName,
  ): Promise<Uint8Array | undefined> => {
    const response = await send(gun, actions, {
      method,
      url,
      headers: { accept: 'application/json' },
    });
    if (response.status !== 200) {
      response.body.cancel();
      if (response.status === 404) return undefined;
      throw unexpectedStatus(url, response, await user());
    }
    const bytes = await readBounded(response, maxBytes, what, limit);
    refusePages(url, response, bytes);
    return bytes;
  };

  const keyOf = async (
    gun: Gun,
    role: 'timestamp' | 'snapshot',
    { method, actions }: { readonly method: 'GET' | 'POST'; readonly actions: string },
  ): Promise<PublicKey> => {
    const url = trustUrl(server, gun, `${role}.key`);
    const what = `the server's ${role} key`;
    const { serverKeyBytes } = limits;
    const bytes = await fetchBytes(gun, actions, method, url, what, serverKeyBytes, 'serverKeyBytes');
    if (bytes === undefined)
      throw new DctError('NOT_METADATA', { url: `${url.origin}${url.pathname}`, problem: 'HTTP 404' });
    return parseDocument(what, bytes, (document) => readPublicKey(document, role));
  };

  // A notary-server that keeps its keys itself dies of two that it makes at once (`concurrent map writes`).
  const inTurn = turns();

  return {
    serverTime: () => serverTime,

    download: (gun, file, maxBytes) => {
      const url = metadataUrl(server, gun, file);
      return fetchBytes(gun, 'pull', 'GET', url, `${file.role} metadata`, maxBytes, limitOf(file.role));
    },

    serverKey: (gun, role) => inTurn(() => keyOf(gun, role, { method: 'GET', actions: 'push,pull' })),

    // Servers keep this for those who may do everything (dialect 7.6).
    rotateServerKey: (gun, role) => inTurn(() => keyOf(gun, role, { method: 'POST', actions: '*' })),

    publish: async (gun, files) => {
      const boundary = `dct-${randomBytes(16).toString('hex')}`;
      const url = trustUrl(server, gun);
      const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
      const response = await send(gun, 'push,pull', {
        method: 'POST',
        url,
        headers,
        body: multipart(files, boundary),
      });
      if (response.status === 200) {
        response.body.cancel();
        return 'published';
      }
      if (response.status === 413) {
        response.body.cancel();
        throw new DctError('PUBLISH_REFUSED', { gun, status: 413, detail: 'it is too large for the server' });
      }
      if (response.status !== 400) {
        response.body.cancel();
        throw unexpectedStatus(url, response, await user());
      }
      const problem = readProblem(await readReason(response));
      if (problem.code === 'VERSION') return 'version-conflict';
      if (problem.missing === 'snapshot') return 'no-snapshot-key';
      throw new DctError('PUBLISH_REFUSED', { gun, status: 400, detail: problem.text });
    },
  };
}

/** The body of a refusal; empty when it is too long, because the refusal is what counts (PB-06). */
async function readReason(response: HttpResponse): Promise<Uint8Array> {
  try {
    return await readBounded(response, limits.errorBodyBytes, 'the error message', 'errorBodyBytes');
  } catch (error) {
    if (isDctError(error, 'LIMIT')) return new Uint8Array();
    throw error;
  }
}

function limitOf(role: RoleName): LimitName {
  const base: Readonly<Record<string, LimitName>> = {
    root: 'rootBytes',
    timestamp: 'timestampBytes',
    snapshot: 'snapshotBytes',
  };
  return base[role] ?? 'targetsBytes';
}

/** One part a role; servers read the role from `filename`, slashes included (dialect 7.3). */
function multipart(files: ReadonlyMap<RoleName, Uint8Array>, boundary: string): Uint8Array {
  const parts = [...files].flatMap(([role, bytes]) => [
    utf8(
      `--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="${role}"\r\n` +
        'Content-Type: application/octet-stream\r\n\r\n',
    ),
    bytes,
    utf8('\r\n'),
  ]);
  return concat(...parts, utf8(`--${boundary}--\r\n`));
}
