// Answers a 401 once: Basic or Bearer, with credentials only where they belong (RFC 9110 11, AU-01 to AU-06).
import type { Clock, HttpRequest, HttpResponse, Transport } from '../base/ports.ts';
import { DctError } from '../base/errors.ts';
import type { Resolve } from './address.ts';
import { createTokenSource, type TokenQuestion, type TokenSource } from './bearer.ts';
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
  /** The same for another user, who shares no token with this one (AU-06). */
  as(credentials: AuthenticatorOptions['credentials']): Authenticator;
}

type Answer = { readonly basic: string } | { readonly token: TokenQuestion } | { readonly access: string };

/** What was learned at a server, whoever asked. */
interface Shared {
  readonly tokens: TokenSource;
  /** The challenge that an origin sent last, so that later requests carry the answer at once. */
  readonly challenges: Map<string, Challenge>;
}

/** One for each server: what it learned at one server is never used at another. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  return authenticatorFor(options, { tokens: createTokenSource(options), challenges: new Map() });
}

function authenticatorFor(options: AuthenticatorOptions, shared: Shared): Authenticator {
  const { transport, credentials, realms } = options;
  const { tokens, challenges } = shared;

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
    return { token: { server: request.url, realm, service, scope, credentials: known } };
  };

  /** Sends the request with this answer; a token that is refused is forgotten. */
  const attempt = async (request: HttpRequest, answer: Answer | undefined): Promise<HttpResponse> => {
    if (answer === undefined) return transport(request);
    const sendWith = (authorization: string): Promise<HttpResponse> =>
      transport({ ...request, headers: { ...request.headers, authorization } });
    if ('basic' in answer) return sendWith(answer.basic);
    if ('access' in answer) return sendWith(`Bearer ${answer.access}`);
    const token = await tokens.token(answer.token, request.signal);
    const response = await sendWith(`Bearer ${token}`);
    if (response.status === 401) tokens.forget(answer.token, token);
    return response;
  };

  const send = async (request: HttpRequest, scope: string): Promise<HttpResponse> => {
    const before = challenges.get(request.url.origin);
    const first = before && (await answerTo(before, request, scope));
    const isNew = first && 'token' in first && !tokens.remembers(first.token);
    const response = await attempt(request, first);
    if (response.status !== 401) return response;

    const challenge = supported(request, response);
    const second = challenge && (await answerTo(challenge, request, scope));
    if (challenge === undefined || second === undefined) return response;
    // The same password was refused a moment ago, or a token that was made a moment ago (AU-05).
    if (first && 'basic' in first && 'basic' in second) return response;
    if (isNew && 'token' in second && tokens.isSame(first.token, second.token)) return response;
    await discard(response);
    challenges.set(request.url.origin, challenge);
    return attempt(request, second);
  };

  return {
    send,
    scoped: (scope) => (request) => send(request, scope),
    as: (other) => authenticatorFor({ ...options, credentials: other }, shared),
  };
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
