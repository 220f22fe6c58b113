// Stands in for a Docker engine that has pushed every image already: docker trust asks for no more when it signs a tag.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface EngineStandIn {
  /** `unix://…`, for `DOCKER_HOST`. */
  readonly host: string;
  close(): Promise<void>;
}

/** Digest and size of what the registry has under a tag, as the engine reports them after a push. */
interface Pushed {
  readonly Tag: string;
  readonly Digest: string;
  readonly Size: number;
}

/**
 * Listens on `socket`, whose path has at most 107 bytes.
 * @param registry URL of the registry that the images are in
 */
export async function startEngineStandIn(socket: string, registry: string): Promise<EngineStandIn> {
  const server = createServer((request, response) => {
    answer(request, response, registry).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    host: `unix://${socket}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Docker Engine API 1.41: _ping, images/NAME/json, images/NAME/push. */
async function answer(request: IncomingMessage, response: ServerResponse, registry: string): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://engine');
  const [, image, verb] = /\/images\/(.+)\/(json|push)$/u.exec(pathname) ?? [];
  request.resume();
  response.setHeader('api-version', '1.41');
  response.setHeader('ostype', 'linux');
  response.setHeader('content-type', 'application/json');
  if (image === undefined) {
    response.end(pathname.endsWith('/_ping') ? 'OK' : '{}');
    return;
  }
  if (verb === 'json') {
    response.end(JSON.stringify({ Id: `sha256:${'0'.repeat(64)}`, Os: 'linux', Architecture: 'amd64' }));
    return;
  }
  const aux = await lookUp(
    registry,
    image.slice(image.indexOf('/') + 1),
    searchParams.get('tag') ?? 'latest',
  );
  response.end(`${JSON.stringify({ progressDetail: {}, aux })}\n`);
}

async function lookUp(registry: string, repository: string, tag: string): Promise<Pushed> {
  const accept = [
    'application/vnd.oci.image.manifest.v1+json',
    'application/vnd.docker.distribution.manifest.v2+json',
  ];
  const manifest = await fetch(`${registry}/v2/${repository}/manifests/${tag}`, {
    method: 'HEAD',
    headers: { accept: accept.join(', ') },
  });
  return {
    Tag: tag,
    Digest: manifest.headers.get('docker-content-digest') ?? '',
    Size: Number(manifest.headers.get('content-length')),
  };
}
