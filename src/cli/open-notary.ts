// The door to Notary servers: which one vouches for a repository, and what it is shown.
import { join } from 'node:path';
import type { Clock, Notices, Transport } from '../base/ports.ts';
import type { Gun } from '../base/reference.ts';
import { createAuthenticator } from '../http/authenticate.ts';
import { describeUser, type CredentialLookup } from '../http/credentials.ts';
import type { TransportOptions } from '../http/transport.ts';
import { createNotaryStore, parseServerUrl, type NotaryStore } from '../tuf-client/index.ts';
import { identifiedTransport } from './identified-transport.ts';
import type { Io } from './io.ts';
import { notaryAccounts } from './notary-account.ts';
import { once } from './once.ts';
import type { NotarySettings, Settings } from './settings.ts';
import { readTlsMaterial } from './tls-material.ts';

export interface NotaryDoorOptions {
  readonly io: Pick<Io, 'env' | 'files'> & { readonly clock: Clock };
  readonly settings: Pick<Settings, 'dockerDirectory' | 'namedNotary' | 'notary' | 'notaries'>;
  readonly notices: Notices;
  /** Docker's. */
  readonly credentials: CredentialLookup;
  readonly transport: (options: TransportOptions) => Transport;
}

export interface NotaryDoor {
  /** The server that vouches for a repository. @throws SERVER_URL_INVALID, CONFIG_INVALID, DISK */
  store(gun: Gun): Promise<NotaryStore>;
  /** Opens every server that a repository of this registry may need, so that a wrong setting is noticed at once. */
  prepare(host: string): Promise<void>;
}

/** Connects to nobody by itself. */
export function openNotaryDoor(options: NotaryDoorOptions): NotaryDoor {
  const { io, settings, notices, transport } = options;
  const account = notaryAccounts({ ...options, env: io.env });

  const open = async (notary: NotarySettings): Promise<NotaryStore> => {
    const server = parseServerUrl(notary.server);
    const material = await readTlsMaterial(
      { files: io.files, notices },
      [join(settings.dockerDirectory, 'tls', server.host)],
      notary,
    );
    const credentials = (): ReturnType<typeof account> => account(server);
    const authenticator = createAuthenticator({
      transport: identifiedTransport(transport, [server.host, notary.realm], material),
      credentials,
      clock: io.clock,
      realms: notary.realm === undefined ? [] : [{ server: server.host, realm: notary.realm }],
    });
    return createNotaryStore({
      server,
      transport: (scope) => authenticator.scoped(scope),
      user: async () => describeUser(await credentials()),
    });
  };

  const byName = new Map<string, NotarySettings>();
  const opened = once((name) => open(byName.get(name) as NotarySettings));
  const storeOf = (notary: NotarySettings): Promise<NotaryStore> => {
    byName.set(notary.name, notary);
    return opened(notary.name);
  };
  return {
    store: (gun) => storeOf(settings.notary(gun)),
    prepare: async (host) => {
      await Promise.all(settings.notaries(host).map(storeOf));
    },
  };
}
