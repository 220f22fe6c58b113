// nginx as a plain reverse proxy before the registry: what passing on costs without any verification.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, type Server, startServer } from '../test/support/real/programs.ts';
import { searchPath } from '../test/support/real/search-path.ts';

/** Starts nginx with one worker; responses are streamed, not buffered in files. */
export async function startNginx(
  directory: string,
  upstream: string,
): Promise<Server & { readonly host: string }> {
  await mkdir(directory, { recursive: true });
  const host = `127.0.0.1:${await freePort()}`;
  const configFile = join(directory, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${directory}/${kind};`)
    .join(' ');
  await writeFile(
    configFile,
    `daemon off; worker_processes 1; pid ${directory}/nginx.pid; error_log stderr;
     events {}
     http {
       access_log off; ${temporary}
       server {
         listen ${host};
         location / { proxy_pass ${upstream}; proxy_http_version 1.1; proxy_max_temp_file_size 0; }
       }
     }`,
  );
  const server = await startServer(
    'nginx',
    ['-p', directory, '-c', configFile],
    { env: { PATH: searchPath }, cwd: directory },
    async () => (await fetch(`http://${host}/v2/`).catch(() => undefined))?.ok === true,
  );
  return { ...server, host };
}
