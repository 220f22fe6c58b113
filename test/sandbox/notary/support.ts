// A sandbox trust server without a socket, requests to it, and an owner who publishes by hand.
import { expect } from 'vitest';
import type { Files, HttpResponse, Transport } from '../../../src/base/ports.ts';
import { makeGun, type Gun } from '../../../src/base/reference.ts';
import { concat, utf8 } from '../../../src/base/bytes.ts';
import { createNotaryServer, type NotaryServerOptions } from '../../../src/sandbox/notary/server.ts';
import type { SandboxHandler } from '../../../src/sandbox/http/handler.ts';
import { keyId } from '../../../src/tuf-client/crypto/index.ts';
import { parseDocument, readPublicKey } from '../../../src/tuf-client/model/index.ts';
import { MemoryFiles } from '../../support/memory-files.ts';
import {
  dayMs,
  makeKeys,
  makeRootKey,
  makeSigner,
  SimulatedRepository,
  TestClock,
  type ListedKey,
} from '../../support/notary-simulator.ts';
import type { RoleState } from '../../support/notary/repository.ts';

export const gun = makeGun('registry.test:5000', 'team/app');
export const otherGun = makeGun('registry.test:5000', 'team/other');
export const boundary = 'boundary';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
  readonly text: string;
  /** The first code of an error envelope. */
  readonly code: string | undefined;
  /** Its detail. */
  readonly detail: unknown;
}

export interface SentRequest {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** A server, its files, its clock, and the means to talk to it. */
export class TestServer<F extends Files = MemoryFiles> {
  readonly files: F;
  readonly clock: TestClock;
  readonly server: ReturnType<typeof createNotaryServer>;

  constructor(options: Partial<NotaryServerOptions> & { readonly files?: F } = {}) {
    this.files = options.files ?? (new MemoryFiles() as Files as F);
    this.clock = new TestClock();
    this.server = createNotaryServer({ ...options, files: this.files, clock: this.clock });
  }

  send(method: string, target: string, request: SentRequest = {}): Promise<Answer> {
    return ask(this.server.handle, method, target, request);
  }

  /** A file or key below `_trust/tuf/`. */
  get(name: string, repository: Gun = gun): Promise<Answer> {
    return this.send('GET', `${tuf(repository)}${name}`);
  }

  publish(parts: Parts, repository: Gun = gun): Promise<Answer> {
    return this.send('POST', tuf(repository), form(parts));
  }

  /** Everything that can be had of a repository, for comparison. */
  async served(repository: Gun = gun): Promise<Readonly<Record<string, string>>> {
    const roles = ['root', 'targets', 'targets/alice', 'targets/releases', 'snapshot', 'timestamp'];
    const names = roles.flatMap((role) => [0, 1, 2, 3, 4].map((n) => `${n > 0 ? `${n}.` : ''}${role}.json`));
    const answers = await Promise.all(names.map((name) => this.get(name, repository)));
    const feed = await this.send('GET', `/v2/${repository}/_trust/changefeed?records=0`);
    const entries = answers.map(({ status, text }, i) => [names[i] ?? '', `${status} ${text}`] as const);
    return Object.fromEntries([...entries, ['changefeed', feed.text]]);
  }

  /** The same server after a restart: only the files are still there. */
  restarted(options: Omit<Partial<NotaryServerOptions>, 'files'> = {}): TestServer<F> {
    const next = new TestServer({ ...options, files: this.files });
    next.clock.time = this.clock.time;
    return next;
  }
}

export function tuf(repository: Gun = gun): string {
  return `/v2/${repository}/_trust/tuf/`;
}

export async function ask(
  handle: SandboxHandler,
  method: string,
  target: string,
  { headers = {}, body }: SentRequest = {},
): Promise<Answer> {
  const answer = await handle({ method, target, headers, body: chunks(body ?? '') });
  const pieces: Uint8Array[] = [];
  if (answer.body instanceof Uint8Array) pieces.push(answer.body);
  else if (answer.body !== undefined) for await (const piece of answer.body) pieces.push(piece);
  return answerOf(answer.status, answer.headers, concat(...pieces));
}

export function answerOf(status: number, headers: Answer['headers'], bytes: Uint8Array): Answer {
  const text = Buffer.from(bytes).toString('utf8');
  const [error] = text.startsWith('{"errors":') ? errorsOf(text) : [];
  return { status, headers, bytes, text, code: error?.code, detail: error?.detail };
}

function errorsOf(text: string): readonly { code: string; detail?: unknown }[] {
  return (JSON.parse(text) as { errors: { code: string; detail?: unknown }[] }).errors;
}

/** In pieces, as it comes from a network. */
async function* chunks(body: Uint8Array | string): AsyncIterable<Uint8Array> {
  const bytes = typeof body === 'string' ? utf8(body) : body;
  for (let at = 0; at < bytes.byteLength; at += 1000)
    yield await Promise.resolve(bytes.subarray(at, at + 1000));
}

/** File names and contents; a list, so that a name can come twice. */
export type Parts = readonly (readonly [filename: string, content: Uint8Array | string])[];

export function form(parts: Parts): SentRequest {
  const pieces = parts.flatMap(([name, content]) => [
    utf8(`--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="${name}"\r\n`),
    utf8('Content-Type: application/octet-stream\r\n\r\n'),
    typeof content === 'string' ? utf8(content) : content,
    utf8('\r\n'),
  ]);
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: concat(...pieces, utf8(`--${boundary}--\r\n`)),
  };
}

/** A handler as the client's transport sees it. */
export function transportTo(handle: SandboxHandler, clock: TestClock): Transport {
  return async ({ method, url, headers, body }): Promise<HttpResponse> => {
    const answer = await ask(handle, method, `${url.pathname}${url.search}`, {
      headers,
      ...(body && { body }),
    });
    const named = Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), value] as const);
    return {
      status: answer.status,
      headers: { ...Object.fromEntries(named), date: new Date(clock.time).toUTCString() },
      body: {
        deliver: async (onChunk) => {
          await onChunk(answer.bytes);
        },
        cancel: () => undefined,
      },
    };
  };
}

/** What an owner needs of a server, wherever that is. */
export type OwnersServer = Pick<TestServer<Files>, 'clock' | 'send' | 'publish'>;

export interface Owner {
  /** The owner's copy, which makes every file that is published. */
  readonly repository: SimulatedRepository;
  /** The newest file of a role, as a part of a publication. */
  part(role: string): readonly [string, Uint8Array];
  /** A new version of these targets roles. */
  next(...roles: readonly string[]): Parts;
}

/** Asks the server for its keys and writes the first root, signed with fresh keys. Publishes nothing. */
export async function newOwner(
  server: OwnersServer,
  { snapshot = 'server', name = gun }: { snapshot?: 'server' | 'owner'; name?: Gun } = {},
): Promise<Owner> {
  const { time } = server.clock;
  const state = (keys: readonly ListedKey[], days: number): RoleState => {
    return { version: 0, expires: time + days * dayMs, keys, threshold: 1 };
  };
  const own = snapshot === 'owner' ? makeKeys(1) : [await serverKey(server, 'snapshot', name)];
  const repository = new SimulatedRepository(
    name,
    {
      root: state([await makeRootKey(name, time)], 3650),
      snapshot: state(own, 1095),
      timestamp: state([await serverKey(server, 'timestamp', name)], 14),
    },
    { ...state(makeKeys(1), 1095), targets: new Map(), paths: [''] },
  );
  return ownerOf(repository.publishRoot());
}

function ownerOf(repository: SimulatedRepository): Owner {
  const part = (role: string): readonly [string, Uint8Array] => {
    const bytes = repository.current.get(role);
    if (bytes === undefined) throw new Error(`there is no ${role} file yet`);
    return [role, bytes];
  };
  const next = (...roles: readonly string[]): Parts =>
    roles.map((role) => [role, repository.writeTargets(role)]);
  return { repository, part, next };
}

/** Twins of a server and an owner that go their own way from here; quicker than beginning anew. */
export function twinsOf(server: TestServer, owner: Owner): { server: TestServer; owner: Owner } {
  const twin = new TestServer({ files: server.files.copy() });
  twin.clock.time = server.clock.time;
  return { server: twin, owner: ownerOf(owner.repository.fork()) };
}

/** A repository with one tag, published: all roles at version 1. */
export async function publishedOwner(
  server: OwnersServer,
  options: { snapshot?: 'server' | 'owner'; name?: Gun } = {},
): Promise<Owner> {
  const owner = await newOwner(server, options);
  owner.repository.tag('1.0', 'first');
  const parts = [owner.part('root'), ...owner.next('targets')];
  if (options.snapshot === 'owner') {
    owner.repository.publishSnapshot();
    parts.push(owner.part('snapshot'));
  }
  const answer = await server.publish(parts, options.name);
  if (answer.status !== 200) throw new Error(`the first publication was refused: ${answer.text}`);
  return owner;
}

/** A key of the server as a root lists it. It signs nothing here: only the server has its private half. */
export async function serverKey(
  server: OwnersServer,
  role: 'snapshot' | 'timestamp',
  name: Gun = gun,
  method = 'GET',
): Promise<ListedKey> {
  const { bytes } = await server.send(method, `${tuf(name)}${role}.key`);
  const key = parseDocument('a key', bytes, (document) => readPublicKey(document, role));
  return { id: keyId(key), key, signer: makeSigner() };
}

/** The signed part of a metadata file. */
export function signedOf(bytes: Uint8Array | string): {
  readonly version: number;
  readonly expires: string;
  readonly meta: Readonly<Record<string, { hashes: Record<string, string>; length: number }>>;
} {
  const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8');
  return (JSON.parse(text) as { signed: ReturnType<typeof signedOf> }).signed;
}

/** What an update that breaks a rule is answered with; any reason when none is given. */
export function badUpdate(name: string, problem: unknown = expect.any(String)): object {
  return { status: 400, code: 'INVALID_UPDATE', detail: { Name: name, Error: { Msg: problem } } };
}
