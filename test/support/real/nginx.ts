// The real nginx with TLS, as operators put it in front of a registry, and what it saw.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerCertificate } from './certificates.ts';
import { freePort, startServer } from './programs.ts';
import { searchPath } from './search-path.ts';

export interface NginxServer {
  readonly port: number;
  readonly certificate: ServerCertificate;
  /** PEM file of the authority whose clients it lets in; without it everybody, who may show what they like. */
  readonly clientsOf?: string;
  /** The inside of the `server` block. */
  readonly content: string;
}

/** One request as nginx took it. */
export interface NginxRequest {
  readonly port: number;
  readonly path: string;
  readonly status: number;
  /** Empty when there was none. */
  readonly authorization: string;
  /** The subject of the client's certificate; empty when it showed none. */
  readonly client: string;
}

export interface Nginx {
  /** Everything that was answered so far. */
  requests(): Promise<readonly NginxRequest[]>;
  stop(): Promise<void>;
}

/** Ports for the servers, known before nginx starts so that they can name each other. */
export async function nginxPorts(count: number): Promise<readonly number[]> {
  return Promise.all(Array.from({ length: count }, freePort));
}

/** Starts one nginx with these servers on the loopback interface. */
export async function startNginx(directory: string, servers: readonly NginxServer[]): Promise<Nginx> {
  await mkdir(directory, { recursive: true });
  const [configFile, logFile, pidFile] = ['nginx.conf', 'access.log', 'nginx.pid'].map((name) =>
    join(directory, name),
  ) as [string, string, string];
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${directory}/${kind};`)
    .join(' ');
  await writeFile(
    configFile,
    `daemon off; worker_processes 1; ${process.getuid?.() === 0 ? 'user root;' : ''} pid ${pidFile}; error_log stderr;
     events {}
     http {
       ${temporary}
       log_format seen escape=json '{"port":$server_port,"path":"$request_uri","status":$status,'
         '"authorization":"$http_authorization","client":"$ssl_client_s_dn"}';
       access_log ${logFile} seen;
       ${servers.map(serverBlock).join('\n')}
     }`,
  );
  const server = await startServer(
    'nginx',
    ['-p', directory, '-c', configFile],
    { env: { PATH: searchPath }, cwd: directory },
    // It writes the file when all its ports are open.
    () => readFile(pidFile, 'utf8').then(Boolean, () => false),
  );
  return {
    requests: async () => {
      const lines = (await readFile(logFile, 'utf8')).split('\n').filter((line) => line !== '');
      return lines.map((line) => JSON.parse(line) as NginxRequest);
    },
    stop: () => server.stop(),
  };
}

function serverBlock({ port, certificate, clientsOf, content }: NginxServer): string {
  const clients =
    clientsOf === undefined
      ? 'ssl_verify_client optional_no_ca;'
      : `ssl_verify_client on; ssl_client_certificate ${clientsOf};`;
  return `server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${certificate.certFile}; ssl_certificate_key ${certificate.keyFile};
    ${clients}
    ${content}
  }`;
}
