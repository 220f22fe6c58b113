// Asks a token server for access to exactly one scope, and keeps the token for that scope, server and user only (AU-04, AU-06).
import { createHmac, randomBytes } from 'node:crypto';
import { utf8 } from '../base/bytes.ts';
import { DctError, isDctError } from '../base/errors.ts';
import { isJsonObject, member, parseJson, type JsonValue } from '../base/json.ts';
import { limits } from '../base/limits.ts';
import type { Clock, HttpRequest, HttpResponse, Transport } from '../base/ports.ts';
import { reachFrom, type Resolve } from './address.ts';
import { discard, readBounded } from './body.ts';
import { basicAuthorization, describeUser, type Credentials } from './credentials.ts';
import type { Realm } from './realm.ts';

/** One question to a token server. */
export interface TokenQuestion {
  /** The server that sent us to the realm. */
  readonly server: URL;
  readonly realm: Realm;
  readonly service: string | undefined;
  /** What we want, computed by us; never what the challenge proposes. Empty for a mere login. */
  readonly scope: string;
  readonly credentials: Credentials | undefined;
}

export interface TokenSource {
  /**
   * A valid token, remembered or new. Whoever asks the same question meanwhile waits for the same answer.
   * @throws ACCESS_DENIED, CHALLENGE_REFUSED, LIMIT, SERVER_ERROR; the transport family
   */
  token(question: TokenQuestion, signal?: AbortSignal): Promise<string>;
  /** Whether the next answer to this question will be a remembered one. */
  remembers(question: TokenQuestion): boolean;
  /** Forgets a token that the server refused; a newer one in its place stays. */
  forget(question: TokenQuestion, refused: string): void;
  /** True when one answer would do for both. */
  isSame(a: TokenQuestion, b: TokenQuestion): boolean;
}

export interface TokenSourceOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly resolve?: Resolve;
}

interface Token {
  readonly text: string;
  readonly expires: number;
}

/** A token is used for at least this long, as the token protocol's default says, and never for longer than an hour. */
const shortestSeconds = 60;
const longestSeconds = 3600;
/** Not used in the last seconds of its life, which it would spend on the way. */
const reserveMs = 5_000;

/** One for each server, whoever its users are. */
export function createTokenSource({ transport, clock, resolve }: TokenSourceOptions): TokenSource {
  const tokens = new Map<string, Token>();
  const underWay = new Map<string, Promise<Token>>();
  const keyOf = questionKeys();

  const valid = (key: string): Token | undefined => {
    const known = tokens.get(key);
    return known !== undefined && clock.now() < known.expires - reserveMs ? known : undefined;
  };
  const ask = async (question: TokenQuestion): Promise<Token> => {
    const reach = question.realm.maySeeCredentials ? undefined : await reachFrom(question.server, resolve);
    const response = await transport({ ...tokenRequest(question), ...(reach && { reach }) });
    return readToken(question, response, clock);
  };
  const keep = (key: string, token: Token): void => {
    tokens.delete(key);
    tokens.set(key, token);
    const [oldest] = tokens.keys();
    if (tokens.size > limits.tokens && oldest !== undefined) tokens.delete(oldest);
  };
  const askOnce = (key: string, question: TokenQuestion): Promise<Token> => {
    const known = underWay.get(key);
    if (known !== undefined) return known;
    const asked = ask(question)
      .then((token) => {
        keep(key, token);
        return token;
      })
      .finally(() => underWay.delete(key));
    underWay.set(key, asked);
    return asked;
  };

  return {
    async token(question, signal) {
      const key = keyOf(question);
      return (valid(key) ?? (await unlessAborted(askOnce(key, question), question.server, signal))).text;
    },
    remembers: (question) => valid(keyOf(question)) !== undefined,
    forget(question, refused) {
      const key = keyOf(question);
      if (tokens.get(key)?.text === refused) tokens.delete(key);
    },
    isSame: (a, b) => keyOf(a) === keyOf(b),
  };
}

/** One who gives up does not take the answer from the others who wait for it. */
function unlessAborted<T>(answer: Promise<T>, server: URL, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return answer;
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      const reason: unknown = signal.reason;
      const problem = 'the request was cancelled';
      reject(
        isDctError(reason) ? reason : new DctError('CUT_OFF', { origin: server.origin, problem }, reason),
      );
    };
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

/** Names questions by all that the answer depends on; a secret is part of its name only as a code that means nothing elsewhere. */
function questionKeys(): (question: TokenQuestion) => string {
  const ownKey = randomBytes(32);
  const conceal = (secret: string): string => createHmac('sha256', ownKey).update(secret).digest('base64');
  return ({ server, realm, service, scope, credentials }) => {
    const user = credentials?.kind === 'password' ? credentials.username : (credentials?.kind ?? '');
    const secret = credentials?.kind === 'password' ? credentials.password : credentials?.token;
    const who = [user, secret === undefined ? '' : conceal(secret)];
    return JSON.stringify([server.origin, realm.url.href, service ?? '', scope, ...who]);
  };
}

/** Docker's token protocol: GET with Basic credentials, or an OAuth 2 POST that exchanges a refresh token. */
function tokenRequest({ realm, service, scope, credentials }: TokenQuestion): HttpRequest {
  const url = new URL(realm.url);
  // The realm's own query stays, except where it tries to speak for us (AU-04).
  for (const name of ['scope', 'service', 'account', 'offline_token']) url.searchParams.delete(name);
  const known = realm.maySeeCredentials ? credentials : undefined;
  if (known?.kind === 'identity') {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'dct',
      scope,
      refresh_token: known.token,
    });
    if (service !== undefined) form.set('service', service);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { method: 'POST', url, headers, body: utf8(form.toString()) };
  }
  if (service !== undefined) url.searchParams.set('service', service);
  if (scope !== '') url.searchParams.set('scope', scope);
  if (known?.kind !== 'password') return { method: 'GET', url, headers: {} };
  url.searchParams.set('account', known.username);
  const authorization = basicAuthorization(known.username, known.password);
  return { method: 'GET', url, headers: { authorization } };
}

async function readToken(
  { server, realm, credentials }: TokenQuestion,
  response: HttpResponse,
  clock: Clock,
): Promise<Token> {
  const url = `${realm.url.origin}${realm.url.pathname}`;
  const { status } = response;
  const refuse = (problem: string): DctError =>
    new DctError('CHALLENGE_REFUSED', { origin: server.origin, problem: `its token server ${problem}` });
  if (status !== 200) {
    await discard(response);
    const user = describeUser(realm.maySeeCredentials ? credentials : undefined);
    if (status === 401 || status === 403) throw new DctError('ACCESS_DENIED', { url, status, user });
    if (status >= 500 || status === 429) throw new DctError('SERVER_ERROR', { url, status });
    throw refuse(`answered HTTP ${status}`);
  }
  const bytes = await readBounded(response, limits.tokenBodyBytes, `the token from ${url}`, 'tokenBodyBytes');
  let document: JsonValue;
  try {
    document = parseJson(bytes, { numbers: 'any' });
  } catch (error) {
    throw new DctError(
      'CHALLENGE_REFUSED',
      { origin: server.origin, problem: 'its token server did not answer in JSON' },
      error,
    );
  }
  if (!isJsonObject(document)) throw refuse('did not answer with an object');
  const text = member(document, 'token') ?? member(document, 'access_token');
  // Anything but visible ASCII could end the header line and begin another (ED-11).
  if (typeof text !== 'string' || !/^[\x21-\x7e]+$/.test(text))
    throw refuse('answered without a usable token');
  return { text, expires: clock.now() + lifetime(member(document, 'expires_in')) * 1000 };
}

/** In seconds, counted by our own clock from now on: `issued_at` is another clock's opinion. */
function lifetime(expiresIn: JsonValue | undefined): number {
  if (typeof expiresIn !== 'number') return shortestSeconds;
  return Math.min(Math.max(expiresIn, shortestSeconds), longestSeconds);
}
