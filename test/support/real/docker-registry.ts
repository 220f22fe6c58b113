// The real docker-registry: plain HTTP on a loopback port, storage in files that a test can tamper with.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, type Server, startServer } from './programs.ts';
import { searchPath } from './search-path.ts';

/** One line of the access log. */
export interface AccessLogEntry {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly status: number;
}

export interface DockerRegistry {
  readonly url: string;
  /** `localhost:PORT`, as it stands in image references. */
  readonly host: string;
  readonly port: number;
  /** Of the process that runs now. */
  readonly pid: number;
  /** File that holds the content of a blob, a manifest included. */
  blobFile(digest: string): string;
  /** Requests answered since the last start, in order. */
  accessLog(): readonly AccessLogEntry[];
  log(): string;
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** Starts it again on the same port and the same storage. */
  restart(): Promise<void>;
}

export interface RegistryOptions {
  /** Makes this a pull-through cache of another registry. */
  readonly mirrorOf?: string;
  /** Lets nobody in but this user: a name, and the bcrypt hash of the password (`NAME:HASH`). */
  readonly account?: string;
  /** `auth.token`: lets in who has a token of a token server. */
  readonly tokens?: Readonly<Record<string, string>>;
}

/** Starts docker-registry with its configuration and storage below `directory`. */
export async function startDockerRegistry(
  directory: string,
  options: RegistryOptions = {},
): Promise<DockerRegistry> {
  await mkdir(directory, { recursive: true });
  const port = await freePort();
  const host = `localhost:${port}`;
  const url = `http://${host}`;
  const storage = join(directory, 'storage');
  const configFile = join(directory, 'docker-registry.json');
  const accountFile = join(directory, 'htpasswd');
  if (options.account !== undefined) await writeFile(accountFile, `${options.account}\n`);
  const configuration = {
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}`, secret: 'tests' },
    ...(options.account === undefined ? {} : { auth: { htpasswd: { realm: 'tests', path: accountFile } } }),
    ...(options.tokens && { auth: { token: options.tokens } }),
    ...(options.mirrorOf === undefined ? {} : { proxy: { remoteurl: options.mirrorOf } }),
  };
  await writeFile(configFile, JSON.stringify(configuration)); // JSON is YAML
  const env = { PATH: searchPath, OTEL_TRACES_EXPORTER: 'none' };
  const start = (): Promise<Server> =>
    startServer('docker-registry', ['serve', configFile], { env, cwd: directory }, async () => {
      const response = await fetch(`${url}/v2/`).catch(() => undefined);
      return response?.ok === true || response?.status === 401;
    });

  let server = await start();
  return {
    url,
    host,
    port,
    get pid() {
      return server.pid;
    },
    blobFile: (digest) => {
      const hex = digest.replace('sha256:', '');
      return join(storage, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data');
    },
    accessLog: () => parseAccessLog(server.log()),
    log: () => server.log(),
    stop: () => server.stop(),
    kill: () => server.kill(),
    restart: async () => {
      await server.kill();
      server = await start();
    },
  };
}

/** Apache's combined log format: `… "GET /v2/ HTTP/1.1" 200 2 "" "agent"`. */
function parseAccessLog(log: string): readonly AccessLogEntry[] {
  const entries = log.matchAll(/"(?<method>[A-Z]+) (?<path>\S+) HTTP\/[\d.]+" (?<status>\d{3}) /g);
  return [...entries].map(({ groups }) => ({
    method: groups?.['method'] ?? '',
    path: groups?.['path'] ?? '',
    status: Number(groups?.['status']),
  }));
}
