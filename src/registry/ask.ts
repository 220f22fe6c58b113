// Requests to one registry as one user: authenticated at home, redirected without credentials, and every refusal an error.
import type { HttpRequest, HttpResponse, Transport } from '../base/ports.ts';
import type { Resolve } from '../http/address.ts';
import type { Authenticator } from '../http/authenticate.ts';
import { describeUser, type Credentials } from '../http/credentials.ts';
import { followRedirects } from '../http/redirect.ts';
import { inRegistrysName, refusal, type Asked } from './refusal.ts';

/** A request below one repository. */
export interface Question {
  readonly method: 'GET' | 'HEAD';
  readonly path: string;
  readonly headers?: HttpRequest['headers'];
  readonly signal: AbortSignal | undefined;
  readonly asked: Omit<Asked, 'url' | 'user'>;
  /** What a token has to be for; pulling from the repository by default. */
  readonly scope?: string;
  /** Status codes that are no refusal; 200 by default. */
  readonly accepted?: readonly number[];
}

/** The answer and where it was asked for. @throws what the registry's refusals mean; the transport family */
export type Ask = (question: Question) => Promise<{ readonly response: HttpResponse; readonly url: URL }>;

export interface AskOptions {
  readonly origin: (signal?: AbortSignal) => Promise<URL>;
  readonly authenticator: Authenticator;
  readonly credentials: () => Promise<Credentials | undefined>;
  /** For everything that is not the registry itself. */
  readonly away: Transport;
  readonly resolve: Resolve | undefined;
}

export function createAsk({ origin, authenticator, credentials, away, resolve }: AskOptions): Ask {
  return async ({ method, path, headers = {}, signal, asked, scope, accepted = [200] }) => {
    const url = new URL(path, await origin(signal));
    const home = authenticator.scoped(scope ?? `repository:${asked.repository}:pull`);
    const send = followRedirects({ home, away, ...(resolve && { resolve }) });
    let response: HttpResponse;
    try {
      response = await send({ method, url, headers, ...(signal && { signal }) });
    } catch (error) {
      throw inRegistrysName(error);
    }
    if (accepted.includes(response.status)) return { response, url };
    throw await refusal(response, { ...asked, url, user: describeUser(await credentials()) });
  };
}
