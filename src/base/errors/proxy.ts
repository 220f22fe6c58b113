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
  METHOD_REFUSED: define(
    'usage',
    (f: { method: string }) => `${f.method} is refused: this proxy only serves pulls`,
    () => 'Push to the registry itself, then sign there.',
  ),
  ROUTE_UNKNOWN: define(
    'usage',
    () => 'this proxy serves nothing under that path',
    () => 'It answers manifests, blobs and tag lists of the OCI distribution API.',
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
  REFERRERS_BLOCKED: define(
    'usage',
    (f: { gun: string; digest: string }) =>
      `referrers of ${f.gun}@${f.digest} are blocked: nobody signed which content refers to it`,
    () => 'Ask the registry itself for signatures, attestations and other referrers.',
  ),
  HTTP_TOO_OLD: define(
    'usage',
    () => 'HTTP/1.0 cannot tell a cut transfer of unknown length from a complete one',
    () => 'Use HTTP/1.1 (behind nginx: proxy_http_version 1.1).',
  ),
  LISTEN_FAILED: define(
    'usage',
    (f: { address: string; problem: string; option?: string }) =>
      `cannot listen on ${f.address}: ${listenProblems[f.problem] ?? f.problem}`,
    (f) => `Choose another address with ${f.option ?? '--listen HOST:PORT'}; port 0 picks a free one.`,
  ),
};
