// Answers a 401 once: Basic or Bearer, with credentials only where they belong (RFC 9110 11, AU-01 to AU-06).
import type { Clock, HttpRequest, HttpResponse, Transport } from '../base/ports.ts';
import { DctError } from '../base/errors.ts';
import type { Resolve } from './address.ts';
import { createTokenSource, isSameQuestion, type TokenQuestion } from './bearer.ts';
import { discard } from './body.ts';
import { parseChallenges, type Challenge } from './challenge.ts';
import { basicAuthorization, type Credentials } from './credentials.ts';
import { judgeRealm, type RealmPairs } from './realm.ts';

export interface AuthenticatorOptions {
  readonly transport: Transport;
  /** Whose requests these are; asked for when a server first wants to know. */
  readonly credentials: () => Promise<Credentials | undefined>;
  readonly clock: Clock;
  /** Token servers on other hosts that may see the credentials, besides Docker Hub's. */
  readonly realms?: RealmPairs;
  readonly resolve?: Resolve;
}

export interface Authenticator {
  /**
   * Sends a request, answering at most one challenge. `scope` is what the request needs, such as
   * `repository:library/alpine:pull`. A 401 or 403 in the answer is final.
   * @throws CHALLENGE_REFUSED, ACCESS_DENIED (by the token server), LIMIT, SERVER_ERROR; the transport family
   */
  send(request: HttpRequest, scope: string): Promise<HttpResponse>;
  /** The same with a fixed scope. */
  scoped(scope: string): Transport;
}

type Answer = { readonly basic: string } | { readonly token: TokenQuestion } | { readonly access: string };

/** One for each server and user: what it learned at one server is never used at another. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { transport, clock, credentials, realms, resolve } = options;
  const tokens = createTokenSource({ transport, clock, ...(resolve && { resolve }) });
  /** The challenge that an origin sent last, so that later requests carry the answer at once. */
  const learned = new Map<string, Challenge>();

  const answerTo = async (
    challenge: Challenge,
    request: HttpRequest,
    scope: string,
  ): Promise<Answer | undefined> => {
    const known = await credentials();
    if (challenge.scheme === 'basic') {
      return known?.kind === 'password'
        ? { basic: basicAuthorization(known.username, known.password) }
        : undefined;
    }
    if (known?.kind === 'access') return { access: known.token };
    const realm = judgeRealm(request.url, challenge.parameters.get('realm') ?? '', realms);
    const service = challenge.parameters.get('service');
    const { url: server, signal } = request;
    return { token: { server, realm, service, scope, credentials: known, ...(signal && { signal }) } };
  };

  const authorization = async (answer: Answer): Promise<string> => {
    if ('basic' in answer) return answer.basic;
    return `Bearer ${'access' in answer ? answer.access : await tokens.token(answer.token)}`;
  };

  const attempt = async (request: HttpRequest, answer: Answer | undefined): Promise<HttpResponse> => {
    if (answer === undefined) return transport(request);
    const headers = { ...request.headers, authorization: await authorization(answer) };
    return transport({ ...request, headers });
  };

  const send = async (request: HttpRequest, scope: string): Promise<HttpResponse> => {
    const before = learned.get(request.url.origin);
    const first = before && (await answerTo(before, request, scope));
    const isNew = first && 'token' in first && !tokens.remembers(first.token);
    const response = await attempt(request, first);
    if (response.status !== 401) return response;
    if (first && 'token' in first) tokens.forget(first.token);

    const challenge = supported(request, response);
    const second = challenge && (await answerTo(challenge, request, scope));
    if (challenge === undefined || second === undefined) return response;
    // The same password was refused a moment ago, or a token that was made a moment ago (AU-05).
    if (first && 'basic' in first && 'basic' in second) return response;
    if (isNew && 'token' in second && isSameQuestion(first.token, second.token)) return response;
    await discard(response);
    learned.set(request.url.origin, challenge);
    const final = await attempt(request, second);
    if (final.status === 401 && 'token' in second) tokens.forget(second.token);
    return final;
  };

  return { send, scoped: (scope) => (request) => send(request, scope) };
}

/** The first challenge that we can answer. */
function supported(request: HttpRequest, response: HttpResponse): Challenge | undefined {
  const field = response.headers['www-authenticate'];
  if (field === undefined) return undefined;
  const challenges = parseChallenges(field);
  if (challenges === undefined) {
    response.body.cancel();
    const { origin } = request.url;
    throw new DctError('CHALLENGE_REFUSED', { origin, problem: 'its WWW-Authenticate header is malformed' });
  }
  return challenges.find(({ scheme }) => scheme === 'bearer' || scheme === 'basic');
}
