// No usable answer from the network: exit code 4, the proxy's 503. The only family that may be tried again.
import { define } from './define.ts';

export const transportErrors = {
  UNREACHABLE: define(
    'transport',
    (f: { origin: string; problem: string }) => `${f.origin} cannot be reached: ${f.problem}`,
    () => 'Check the address and that the server runs; nothing was changed here.',
  ),
  TIMEOUT: define(
    'transport',
    (f: { origin: string; phase: string; seconds: number }) =>
      `${f.origin} did not answer in time (${f.phase}, ${f.seconds} s)`,
    () => 'Try again later; nothing was changed here.',
  ),
  CUT_OFF: define(
    'transport',
    (f: { origin: string; problem: string }) => `the connection to ${f.origin} broke: ${f.problem}`,
    () => 'Try again; nothing was changed here.',
  ),
  RESUME_REFUSED: define(
    'transport',
    (f: { origin: string; problem: string }) =>
      `a transfer from ${f.origin} broke and cannot be continued: ${f.problem}`,
    () => 'Try again; nothing incomplete was kept.',
  ),
  TLS: define(
    'transport',
    (f: { origin: string; problem: string }) => `no secure connection to ${f.origin}: ${f.problem}`,
    () =>
      'If the server has its own certificate authority, name its file in the configuration, or put it where Docker looks: ~/.docker/tls/HOST[:PORT]/ca.crt for a Notary server (or pass --tlscacert), /etc/docker/certs.d/HOST[:PORT]/ca.crt for a registry.',
  ),
  CLIENT_CERTIFICATE: define(
    'transport',
    (f: { origin: string; problem: string }) => `no secure connection to ${f.origin}: ${f.problem}`,
    () =>
      'Name the certificate and its key in the configuration, or put NAME.cert and NAME.key where Docker looks: ~/.docker/tls/HOST[:PORT] for a Notary server, /etc/docker/certs.d/HOST[:PORT] for a registry.',
  ),
  HTTP_INVALID: define(
    'transport',
    (f: { origin: string; problem: string }) =>
      `the answer of ${f.origin} is not acceptable HTTP: ${f.problem}`,
    () => 'Something between here and that server may be altering its answers; nothing was changed here.',
  ),
  REDIRECT_REFUSED: define(
    'transport',
    (f: { origin: string; target: string; problem: string }) =>
      `the redirect from ${f.origin} to ${f.target} is refused: ${f.problem}`,
    () => 'Nothing was sent there. Ask the operator of that server why it sends its users elsewhere.',
  ),
  SERVER_ERROR: define(
    'transport',
    (f: { url: string; status: number }) => `${f.url} answered HTTP ${f.status}`,
    () => 'The server has a problem of its own; try again later.',
  ),
  NOT_FRESH: define(
    'transport',
    (f: { gun: string; confirmed: string; maxAge: string; problem: string }) =>
      `trust data of ${f.gun} is older than allowed (${f.maxAge}): the Notary server last confirmed it ${f.confirmed}, and now ${f.problem}`,
    () => 'Try again when the server answers, or allow older data: --max-age 7d',
  ),
  ACCESS_DENIED: define(
    'transport',
    (f: { url: string; status: number; user: string }) =>
      `${f.url} denied access (HTTP ${f.status}) to ${f.user}`,
    () => 'Log in with an account that may read (and, for signing, write) this repository: docker login HOST',
  ),
  CHALLENGE_REFUSED: define(
    'transport',
    (f: { origin: string; problem: string }) => `the login request of ${f.origin} is refused: ${f.problem}`,
    () =>
      'No credentials were sent. Ask the operator of that server why it sends its users elsewhere to log in.',
  ),
};
