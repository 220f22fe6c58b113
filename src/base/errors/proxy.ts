// What the proxy refuses by itself, before anybody else is asked; all of it is for whoever asked to change.
import { define } from './define.ts';

/** What the system says when a server cannot have its address. */
const listenProblems: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something else is listening there',
  EADDRNOTAVAIL: 'this machine does not have that address',
  EACCES: 'ports below 1024 are for privileged users',
};

export const proxyErrors = {
  REQUEST_TARGET_INVALID: define(
    'usage',
    (f: { problem: string }) => `the request target is refused: ${f.problem}`,
    () =>
      'Ask for /v2/NAME/manifests/TAG, /v2/NAME/manifests/DIGEST, /v2/NAME/blobs/DIGEST or /v2/NAME/tags/list.',
  ),
  REQUEST_MALFORMED: define(
    'usage',
    (f: { problem: string }) => `the request is no proper HTTP/1.1: ${f.problem}`,
    () =>
      'Repeat it on a new connection, as one complete request (RFC 9112). If the client is an ordinary one, look at what stands between it and this proxy.',
  ),
  METHOD_REFUSED: define(
    'usage',
    (f: { method: string }) => `${f.method} is refused: this proxy only serves pulls`,
    () => 'Push to the registry itself, then sign there.',
  ),
  ROUTE_UNKNOWN: define(
    'usage',
    () => 'this proxy serves nothing under that path',
    () => 'It answers manifests, blobs and lists of tags and referrers of the OCI distribution API.',
  ),
  TAG_INVALID: define(
    'usage',
    (f: { tag: string }) => `"${f.tag}" is not a tag`,
    () => 'A tag has at most 128 letters, digits, ".", "_" and "-", and begins with none of the last two.',
  ),
  PAGE_INVALID: define(
    'usage',
    (f: { parameter: string; problem: string }) => `the parameter "${f.parameter}" is refused: ${f.problem}`,
    () => 'Use n=COUNT and last=TAG, each at most once.',
  ),
  NAMESPACE_UNKNOWN: define(
    'usage',
    (f: { namespace: string }) => `this proxy does not serve the registry "${f.namespace}"`,
    () => 'Start the proxy with --registry for each registry that it shall serve.',
  ),
  TUNNEL_REFUSED: define(
    'usage',
    (f: { target: string; problem: string }) => `a tunnel to ${f.target} is refused: ${f.problem}`,
    () => 'Start the proxy with --registry for a registry, or with --tunnel for a host that is none.',
  ),
  AUTHORITY_UNFIT: define(
    'usage',
    (f: { problem: string }) => `the authority of the proxy cannot be used: ${f.problem}`,
    () =>
      'Make a new one with `dct proxy ca --renew --registry HOST[:PORT]...`, and let clients trust that one instead.',
  ),
  SETTINGS_EXIST: define(
    'usage',
    (f: { file: string }) => `${f.file} is there already, and says something else`,
    () => 'Merge it by hand with what `dct proxy config` prints without --write.',
  ),
  TRUST_UNPROVEN: define(
    'usage',
    (f: { problem: string }) => `whether trust is enforced could not be found out: ${f.problem}`,
    () =>
      'Name a signed image and an unsigned one, and a runtime that runs here: docker, containerd, podman or skopeo.',
  ),
  REFERRERS_BLOCKED: define(
    'usage',
    (f: { gun: string; digest: string }) =>
      `referrers of ${f.gun}@${f.digest} are blocked: nobody signed which content refers to it`,
    () => 'Ask the registry itself for signatures, attestations and other referrers.',
  ),
  POLICY_INVALID: define(
    'usage',
    (f: { file: string; path: string; problem: string }) => `${f.file}: ${f.path}: ${f.problem}`,
    (f) => `Correct the policy, and look at it with: dct policy check ${f.file}`,
  ),
  POLICY_UNMATCHED: define(
    'trust',
    (f: { gun: string }) => `no rule of the policy is about ${f.gun}`,
    () => 'The operator of the proxy can add a rule to its policy.',
  ),
  TAGS_REFUSED: define(
    'trust',
    (f: { gun: string; rule: string }) =>
      `tags of ${f.gun} are refused: under the rule ${f.rule} content is asked for by its digest`,
    () => 'Name the image by its digest: NAME@sha256:DIGEST.',
  ),
  SIGNERS_TOO_FEW: define(
    'trust',
    (f: { gun: string; tag: string; digest: string; needed: number; found: number; missing: string }) =>
      `${f.gun}:${f.tag} (${f.digest}) is signed by ${f.found} of the ${f.needed} signer(s) needed; without: ${f.missing}`,
    (f) => `Each of them signs with: dct sign ${f.gun}:${f.tag} --signer NAME`,
  ),
  NOT_REACHABLE: define(
    'trust',
    (f: { gun: string; digest: string }) => `${f.gun}@${f.digest} belongs to no signed tag`,
    (f) => `See what is signed with: dct list ${f.gun}`,
  ),
  REACHABLE_TOO_MUCH: define(
    'trust',
    (f: { gun: string; bound: number }) =>
      `what belongs to the signed tags of ${f.gun} is more than this proxy remembers for a strict rule (${f.bound} references)`,
    () =>
      'Nobody needs to have done wrong. Sign fewer tags in one repository, or let the operator of the proxy make the rule for it not strict.',
  ),
  TRUST_NOT_CONFIRMED: define(
    'transport',
    (f: { gun: string }) =>
      `the trust server cannot be reached, and the policy wants its word on ${f.gun} rather than trust data from before`,
    () => 'Try again when the trust server answers.',
  ),
  HTTP_TOO_OLD: define(
    'usage',
    () => 'HTTP/1.0 cannot tell a cut transfer of unknown length from a complete one',
    () => 'Use HTTP/1.1 (behind nginx: proxy_http_version 1.1).',
  ),
  CLIENT_BUSY: define(
    'transport',
    (f: { bound: number }) => `this client has ${f.bound} requests on their way already`,
    () => 'Wait for some of them to end. The bound is proxy.limits.requestsEach in config.json.',
  ),
  PROXY_BUSY: define(
    'transport',
    (f: { bound: number }) => `this proxy has ${f.bound} requests on their way already`,
    () => 'Try again in a moment. The bound is proxy.limits.requests in config.json.',
  ),
  CLIENT_UNKNOWN: define(
    'usage',
    (f: { problem: string; by?: 'proxy' | 'registry' }) =>
      `this proxy does not let the client in: ${f.problem}`,
    (f) =>
      f.by === 'proxy'
        ? "Write a name and a password into the proxy's address: HTTP_PROXY=http://NAME:PASSWORD@HOST:PORT, HTTPS_PROXY likewise."
        : 'Log in to the proxy: `docker login PROXY`, or the same of another client.',
  ),
  CLIENT_TOO_SLOW: define(
    'transport',
    (f: { rate: number }) => `the client takes less than ${f.rate} bytes in a second`,
    () => 'Look at the line to that client. The bound is proxy.limits.paceBytes in config.json.',
  ),
  LISTEN_FAILED: define(
    'usage',
    (f: { address: string; problem: string; option?: string }) =>
      `cannot listen on ${f.address}: ${listenProblems[f.problem] ?? f.problem}`,
    (f) => `Choose another address with ${f.option ?? '--listen HOST:PORT'}; port 0 picks a free one.`,
  ),
};
