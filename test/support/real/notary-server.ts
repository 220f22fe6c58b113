// The real notary-server: TLS on a loopback port, metadata in memory, snapshot and timestamp keys of its own.
import { readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';
import type { SecureContextOptions } from 'node:tls';
import { type Authority, loadCertificate, type ServerCertificate } from './certificates.ts';
import { freePort, type Server, startServer } from './programs.ts';
import { searchPath } from './search-path.ts';

export interface NotaryServer {
  readonly url: string;
  /** `localhost:PORT`, as the directories below `~/.docker/tls` are named. */
  readonly host: string;
  readonly port: number;
  log(): string;
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** Starts it again on the same port. It begins empty: metadata and its own keys were only in memory. */
  restart(): Promise<void>;
}

export interface NotaryServerOptions {
  /** `auth.options` for tokens of a token server. */
  readonly tokens?: Readonly<Record<string, string>>;
  /** Lets nobody in without a client certificate of this authority (a PEM file); the one that the test itself shows. */
  readonly clients?: { readonly caFile: string; readonly certificate: ServerCertificate };
}

/** Starts notary-server with its files below `directory`. */
export async function startNotaryServer(
  directory: string,
  authority: Authority,
  { tokens, clients }: NotaryServerOptions = {},
): Promise<NotaryServer> {
  const port = await freePort();
  const host = `localhost:${port}`;
  const url = `https://${host}`;
  const configFile = join(directory, `notary-server-${port}.json`);
  const configuration = {
    server: {
      http_addr: `127.0.0.1:${port}`,
      tls_cert_file: authority.loopback.certFile,
      tls_key_file: authority.loopback.keyFile,
      ...(clients && { client_ca_file: clients.caFile }),
    },
    ...(tokens && { auth: { type: 'token', options: tokens } }),
    trust_service: { type: 'local' },
    storage: { backend: 'memory' },
    logging: { level: 'info' },
  };
  await writeFile(configFile, JSON.stringify(configuration));
  const tls = {
    ca: await readFile(authority.caFile),
    ...(clients && (await loadCertificate(clients.certificate))),
  };
  const start = (): Promise<Server> =>
    startServer('notary-server', ['-config', configFile], { env: { PATH: searchPath }, cwd: directory }, () =>
      isHealthy(`${url}/_notary_server/health`, tls),
    );

  let server = await start();
  return {
    url,
    host,
    port,
    log: () => server.log(),
    stop: () => server.stop(),
    kill: () => server.kill(),
    restart: async () => {
      await server.kill();
      server = await start();
    },
  };
}

function isHealthy(url: string, tls: SecureContextOptions): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, { ...tls, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on('error', () => {
      resolve(false);
    });
  });
}
