// The account at a Notary server: its own, never the registry's, and NOTARY_AUTH for the one server that was named.
import { DctError } from '../base/errors.ts';
import type { Notices } from '../base/ports.ts';
import { readLogin, type CredentialLookup, type Credentials } from '../http/credentials.ts';
import { once } from './once.ts';
import type { Settings } from './settings.ts';

export interface NotaryAccountOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly settings: Pick<Settings, 'namedNotary'>;
  /** Docker's. */
  readonly credentials: CredentialLookup;
  readonly notices: Pick<Notices, 'warn'>;
}

/** Looks the account for a Notary server up, or undefined for anonymous access. The look-up throws USAGE, and what Docker's does. */
export function notaryAccounts({ env, settings, credentials, notices }: NotaryAccountOptions) {
  const variable = env['NOTARY_AUTH'] ?? '';
  const warned = once((origin: string) => {
    notices.warn(
      `NOTARY_AUTH is not sent to ${origin}: it is for the Notary server that --server, ` +
        'DOCKER_CONTENT_TRUST_SERVER or, if it has only one, the configuration names',
    );
    return Promise.resolve();
  });

  return async (server: URL): Promise<Credentials | undefined> => {
    if (variable !== '' && server.origin === settings.namedNotary) return readVariable(variable);
    const known = await credentials(accountOf(server));
    // A password for one server must not go to every server that an image's name leads to.
    if (known === undefined && variable !== '') await warned(server.origin);
    return known;
  };
}

/** Only Docker Hub's two servers share their accounts. */
function accountOf(server: URL): string {
  return server.host === 'notary.docker.io' ? 'docker.io' : server.host;
}

/** Notary ignores white space around the password (dialect 7.6): `echo user:password | base64` ends it with a newline. */
function readVariable(value: string): Credentials {
  const login = readLogin(value.trim());
  if (login !== undefined) return { ...login, password: login.password.trim() };
  throw new DctError('USAGE', {
    problem: 'NOTARY_AUTH is not base64 of USER:PASSWORD',
    hint: "For example: export NOTARY_AUTH=$(printf '%s' USER:PASSWORD | base64 -w 0)",
  });
}
