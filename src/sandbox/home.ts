// The settings that make dct, docker, notary and skopeo talk to a sandbox, in a directory of the sandbox's own.
import { utf8 } from '../base/bytes.ts';
import type { Files } from '../base/ports.ts';

export interface Addresses {
  /** `localhost:PORT`, as it stands in image names. */
  readonly registry: string;
  /** `https://localhost:PORT`. */
  readonly notary: string;
}

export interface ClientSettings {
  /** Absolute path of the PEM file that clients of the trust server have to trust. */
  readonly caFile: string;
  /** `$DOCKER_CONFIG`: everything that dct, docker and notary keep, keys included, stays in the sandbox's directory. */
  readonly dockerDirectory: string;
  /** Lines of POSIX shell that make a terminal talk to the sandbox. */
  readonly shell: readonly string[];
  /** Absolute path of a file with these lines: `. FILE`. */
  readonly shellFile: string;
}

/** Writes the settings below `files`. */
export async function writeClientSettings(
  files: Files,
  ca: string,
  { registry, notary }: Addresses,
): Promise<ClientSettings> {
  const text = (path: string, content: string): Promise<void> => files.write(path, utf8(content));
  const caFile = files.locate('ca.crt');
  const docker = files.locate('docker');
  const registries = files.locate('registries.conf');
  await text('ca.crt', ca);
  // Where docker and dct look for the authority of a trust server.
  await text(`docker/tls/${new URL(notary).host}/ca.crt`, ca);
  // skopeo and podman, unlike docker, speak TLS to registries on loopback unless they are told.
  await text('registries.conf', `[[registry]]\nlocation = "${registry}"\ninsecure = true\n`);
  const notaryConfiguration = {
    trust_dir: `${docker}/trust`,
    remote_server: { url: notary, root_ca: caFile },
  };
  await text('notary.json', JSON.stringify(notaryConfiguration));
  const shell = [
    `export DOCKER_CONFIG=${quoted(docker)}`,
    `export DOCKER_CONTENT_TRUST_SERVER=${quoted(notary)}`,
    // For podman.
    `export CONTAINERS_REGISTRIES_CONF=${quoted(registries)}`,
    // Neither of these two reads its settings from the environment.
    `skopeo() { command skopeo --registries-conf ${quoted(registries)} "$@"; }`,
    `notary() { command notary -c ${quoted(files.locate('notary.json'))} "$@"; }`,
  ];
  await text('env.sh', `${shell.join('\n')}\n`);
  return { caFile, dockerDirectory: docker, shell, shellFile: files.locate('env.sh') };
}

/** For a POSIX shell. */
export function quoted(text: string): string {
  return /^[A-Za-z0-9_./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
