// The real nginx before a proxy: as many servers as a test wants, each with its own way of passing on.
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort, startServer, type Server } from './programs.ts';
import { searchPath } from './search-path.ts';

export interface NginxFront extends Server {
  /** Loopback ports, in the order of the ways that were given. */
  readonly ports: readonly number[];
  /** Request lines that were passed on and answered since the start. */
  passedOn(): Promise<readonly string[]>;
}

/**
 * Starts nginx with one worker, which keeps connections to the upstream for whoever comes next.
 * @param directory exists, and is for nginx alone
 * @param upstream `HOST:PORT`
 * @param ways directives of each server, besides `proxy_pass`
 */
export async function startNginxFront(
  directory: string,
  upstream: string,
  ways: readonly string[],
): Promise<NginxFront> {
  const ports: number[] = [];
  while (ports.length < ways.length) ports.push(await freePort());
  const [configFile, logFile] = [join(directory, 'nginx.conf'), join(directory, 'access.log')];
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${directory}/${kind};`)
    .join(' ');
  const servers = ways.map(
    (way, i) => `server { listen 127.0.0.1:${ports[i]}; location / { proxy_pass http://behind; ${way} } }`,
  );
  await writeFile(
    configFile,
    `daemon off; worker_processes 1; pid ${directory}/nginx.pid; error_log stderr;
     ${process.getuid?.() === 0 ? 'user root;' : ''}
     events {}
     http {
       log_format passed '$upstream_status $request';
       access_log ${logFile} passed; ${temporary}
       upstream behind { server ${upstream}; keepalive 4; }
       ${servers.join('\n')}
     }`,
  );
  const server = await startServer(
    'nginx',
    ['-p', directory, '-c', configFile],
    { env: { PATH: searchPath }, cwd: directory },
    () => accepts(ports[0] ?? 0),
  );
  return {
    ...server,
    ports,
    passedOn: async () =>
      (await readFile(logFile, 'utf8'))
        .split('\n')
        .filter((line) => /^\d/.test(line))
        .map((line) => line.replace(/^\S+ /, '')),
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
