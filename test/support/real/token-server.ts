// A token server as registries and Notary servers trust it: JWTs signed with ES256 or RS256, chained by x5c to a bundle.
import { createPrivateKey, randomUUID, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { copyFile, readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Authority, createAuthority, loadCertificate } from './certificates.ts';
import { issueCertificate } from './issued-certificate.ts';

export type TokenAlgorithm = 'ES256' | 'RS256';

export interface TokenServerOptions {
  /** In the audience of its tokens; what asks for another service gets none. */
  readonly service: string;
  readonly algorithm: TokenAlgorithm;
  /** Passwords by user. */
  readonly accounts: Readonly<Record<string, string>>;
  /** Users by identity token. */
  readonly identities?: Readonly<Record<string, string>>;
  /** The actions that a user (undefined: anybody) may have of those that were asked for; by default all of them. */
  readonly grant?: (user: string | undefined, actions: readonly string[]) => readonly string[];
}

/** One question that was asked, without any secret. */
export interface TokenRequest {
  readonly method: string;
  readonly scope: string;
  /** Who proved to be that; undefined when nobody tried. */
  readonly user: string | undefined;
  readonly status: number;
}

export interface TokenServer {
  /** `localhost:PORT` */
  readonly host: string;
  /** In `auth.token` of docker-registry and `auth.options` of notary-server. */
  readonly settings: Readonly<Record<'realm' | 'service' | 'issuer' | 'rootcertbundle', string>>;
  /** Every question so far, and what came with it that could be a secret. */
  readonly requests: TokenRequest[];
  readonly authorizations: string[];
  /** Begins to sign with a key of another authority; servers that are started from now on accept no older token. */
  changeKey(): Promise<void>;
  close(): Promise<void>;
}

const lifeSeconds = 300;

const grantAll: NonNullable<TokenServerOptions['grant']> = (_user, actions) => actions;

/** Starts it on a loopback port with the TLS certificate of `authority`; its files are below `directory`. */
export async function startTokenServer(
  directory: string,
  authority: Authority,
  options: TokenServerOptions,
): Promise<TokenServer> {
  const { service, algorithm, accounts, identities = {}, grant = grantAll } = options;
  const bundle = join(directory, 'bundle.pem');
  let keys = 0;
  const newKey = async (): Promise<SigningKey> => {
    keys += 1;
    const own = join(directory, `authority-${keys}`);
    const { caFile } = await createAuthority(own);
    await copyFile(caFile, bundle);
    return makeSigningKey(own, algorithm);
  };
  let key = await newKey();
  const requests: TokenRequest[] = [];
  const authorizations: string[] = [];

  /** False when somebody claims to be a user and is not. */
  const userOf = ({ authorization, refreshToken }: Question): string | undefined | false => {
    if (refreshToken !== undefined) return identities[refreshToken] ?? false;
    if (authorization === undefined) return undefined;
    const [user = '', password] = Buffer.from(authorization.replace('Basic ', ''), 'base64')
      .toString()
      .split(':', 2);
    return password !== undefined && accounts[user] === password && user;
  };

  const answer = (question: Question): { status: number; body: object } => {
    const user = userOf(question);
    const scope = readScope(question.scope);
    if (user === false || scope === undefined || question.service !== service)
      return { status: user === false ? 401 : 400, body: { errors: [{ code: 'DENIED' }] } };
    const access = scope === 'none' ? [] : [{ ...scope, actions: grant(user, scope.actions) }];
    return {
      status: 200,
      body: { token: makeToken(key, { service, user, access }), expires_in: lifeSeconds },
    };
  };

  const server = createServer(await loadCertificate(authority.loopback), (request, response) => {
    void readQuestion(request).then((question) => {
      const { status, body } = answer(question);
      const user = userOf(question) || undefined;
      requests.push({ method: question.method, scope: question.scope, user, status });
      authorizations.push(question.authorization ?? question.refreshToken ?? '');
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  return {
    host,
    settings: {
      realm: `https://${host}/token`,
      service,
      issuer: 'token server of the tests',
      rootcertbundle: bundle,
    },
    requests,
    authorizations,
    changeKey: async () => {
      key = await newKey();
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Question {
  readonly method: string;
  readonly service: string | null;
  readonly scope: string;
  readonly authorization: string | undefined;
  readonly refreshToken: string | undefined;
}

async function readQuestion(request: IncomingMessage): Promise<Question> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { method = '', url = '/', headers } = request;
  const form = new URLSearchParams(Buffer.concat(chunks).toString());
  const query = method === 'POST' ? form : new URL(url, 'https://localhost').searchParams;
  return {
    method,
    service: query.get('service'),
    scope: query.get('scope') ?? '',
    authorization: headers.authorization,
    refreshToken: query.get('refresh_token') ?? undefined,
  };
}

interface Scope {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** `repository:NAME:ACTION,ACTION`; the name may have a port in it. Who only wants to log in asks for nothing. */
function readScope(scope: string): Scope | 'none' | undefined {
  if (scope === '') return 'none';
  const [, type = '', name = '', actions = ''] = /^([a-z]+):(.+):([a-z,*]+)$/.exec(scope) ?? [];
  return type === '' ? undefined : { type, name, actions: actions.split(',') };
}

interface SigningKey {
  readonly algorithm: TokenAlgorithm;
  readonly key: KeyObject;
  /** Base64 of the certificate's DER form. */
  readonly certificate: string;
}

async function makeSigningKey(directory: string, algorithm: TokenAlgorithm): Promise<SigningKey> {
  const key = algorithm === 'ES256' ? 'ec' : 'rsa';
  const { certFile, keyFile } = await issueCertificate(directory, { name: 'token-signer', key });
  const certificate = new X509Certificate(await readFile(certFile)).raw.toString('base64');
  return { algorithm, key: createPrivateKey(await readFile(keyFile)), certificate };
}

interface Claims {
  readonly service: string;
  readonly user: string | undefined;
  readonly access: readonly object[];
}

/** RFC 7515, in the compact form. */
function makeToken({ algorithm, key, certificate }: SigningKey, { service, user, access }: Claims): string {
  const now = Math.floor(Date.now() / 1000);
  const header = { typ: 'JWT', alg: algorithm, x5c: [certificate] };
  const claims = {
    ...{ iss: 'token server of the tests', sub: user ?? '', aud: service, jti: randomUUID() },
    ...{ iat: now, nbf: now - 10, exp: now + lifeSeconds, access },
  };
  const text = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  // ECDSA signatures are two numbers side by side here (RFC 7518 3.4).
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}
