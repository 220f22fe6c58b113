// A Notary store on a scripted local server.
import { onTestFinished } from 'vitest';
import { makeGun } from '../../../src/base/reference.ts';
import type { Deadlines } from '../../../src/http/exchange.ts';
import { createTransport } from '../../../src/http/transport.ts';
import { createNotaryStore, type NotaryStore } from '../../../src/tuf-client/notary/index.ts';
import type { HostileServer } from '../../support/hostile-server.ts';

export const gun = makeGun('registry.test:5000', 'team/app');
export const tufPath = `/v2/${gun}/_trust/tuf/`;

/** The store, and the scopes that it asked its transport for. */
export type TestStore = NotaryStore & { readonly scopes: string[] };

/** A store below `path` of that server; both are closed after the test. */
export function storeOn(server: HostileServer, deadlines: Partial<Deadlines> = {}, path = '/'): TestStore {
  const scopes: string[] = [];
  const transport = createTransport({ deadlines });
  onTestFinished(async () => {
    await transport.close();
    await server.close();
  });
  const store = createNotaryStore({
    server: server.url(path),
    transport: (scope) => {
      scopes.push(scope);
      return transport;
    },
  });
  return Object.assign(store, { scopes });
}
