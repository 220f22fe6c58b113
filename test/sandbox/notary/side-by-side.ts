// notary-server and the sandbox's server next to each other on loopback ports, with one authority, for comparing them.
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { listen } from '../../../src/sandbox/http/listen.ts';
import { createNotaryServer } from '../../../src/sandbox/notary/server.ts';
import { memoryFiles } from '../../../src/sandbox/storage/memory-files.ts';
import { createAuthority, loadCertificate } from '../../support/real/certificates.ts';
import { createUser, type TrustServerAddress, type User } from '../../support/real/clients.ts';
import { startNotaryServer } from '../../support/real/notary-server.ts';
import type { SentRequest } from './support.ts';

export interface WireAnswer {
  /** 0 when the server hung up without an answer. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface Side extends TrustServerAddress {
  readonly name: 'notary-server' | 'sandbox';
  /** Somebody whose tools use this server. */
  user(): Promise<User>;
  send(method: string, path: string, request?: SentRequest): Promise<WireAnswer>;
}

export interface Pair {
  readonly real: Side;
  readonly ours: Side;
}

/** Both servers for the tests of the enclosing `describe`; empty until these begin. */
export function useSideBySide(): Pair {
  const pair = {} as { real: Side; ours: Side };
  let stop: () => Promise<void>;

  beforeAll(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'dct-sandbox-'));
    const authority = await createAuthority(join(directory, 'authority'));
    const ca = await readFile(authority.caFile);
    const real = await startNotaryServer(directory, authority);
    const { handle } = createNotaryServer({ files: memoryFiles(), clock: Date });
    const { cert, key } = await loadCertificate(authority.loopback);
    const tls = { cert: cert.toString(), key: key.toString() };
    const ours = await listen(handle, { host: '127.0.0.1', port: 0, tls });

    const side = (name: Side['name'], port: number): Side => {
      const host = `localhost:${port}`;
      const address = { host, url: `https://${host}` };
      let users = 0;
      const user = async (): Promise<User> => {
        const home = join(directory, `${name}-user${users++}`);
        await mkdir(home, { mode: 0o700 });
        return createUser(home, authority, address);
      };
      return { ...address, name, user, send: (...what) => send(address.url, ca, ...what) };
    };
    pair.real = side('notary-server', real.port);
    pair.ours = side('sandbox', ours.port);
    stop = async () => {
      await Promise.all([real.stop(), ours.close()]);
      await rm(directory, { recursive: true, force: true });
    };
  });
  afterAll(() => stop());
  return pair;
}

function send(
  url: string,
  ca: Buffer,
  method: string,
  path: string,
  { headers = {}, body }: SentRequest = {},
): Promise<WireAnswer> {
  return new Promise((resolve) => {
    const sent = request(url + path, { method, ca, agent: false, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(Object.entries(response.headers).map(([k, v]) => [k, String(v)])),
          text: Buffer.concat(chunks).toString('utf8'),
        });
      });
    });
    sent.on('error', () => resolve({ status: 0, headers: {}, text: '' }));
    sent.end(body);
  });
}
