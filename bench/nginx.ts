// nginx in three parts: passing on without any verification, serving a file, and TLS before the registry.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerCertificate } from '../test/support/real/certificates.ts';
import { freePort, startServer, type Server } from '../test/support/real/programs.ts';
import { searchPath } from '../test/support/real/search-path.ts';

export interface NginxOptions {
  /** Passed on to, streamed and not buffered in files. */
  readonly upstream?: string;
  /** Served from this directory. */
  readonly files?: string;
  readonly certificate?: ServerCertificate;
}

/** Starts nginx with one worker. */
export async function startNginx(
  directory: string,
  { upstream, files, certificate }: NginxOptions,
): Promise<Server & { readonly host: string }> {
  await mkdir(directory, { recursive: true });
  const host = `127.0.0.1:${await freePort()}`;
  const configFile = join(directory, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${directory}/${kind};`)
    .join(' ');
  const tls =
    certificate && `ssl_certificate ${certificate.certFile}; ssl_certificate_key ${certificate.keyFile};`;
  const work =
    upstream === undefined
      ? `root ${files ?? directory}; sendfile on;`
      : `proxy_pass ${upstream}; proxy_http_version 1.1; proxy_max_temp_file_size 0;`;
  await writeFile(
    configFile,
    `daemon off; worker_processes 1; user root; pid ${directory}/nginx.pid; error_log stderr;
     events {}
     http {
       access_log off; ${temporary}
       server { listen ${host}${tls === undefined ? '' : ' ssl'}; ${tls ?? ''} location / { ${work} } }
     }`,
  );
  let asked = false;
  const server = await startServer(
    'nginx',
    ['-p', directory, '-c', configFile],
    { env: { PATH: searchPath }, cwd: directory },
    async () => {
      // Whatever it answers, it answers; over TLS nobody here knows its authority.
      const failure: unknown = await fetch(`http://${host}/`).catch((error: unknown) => error);
      asked = !(failure instanceof TypeError) || String(failure.cause).includes('400');
      return asked;
    },
  );
  return { ...server, host };
}
