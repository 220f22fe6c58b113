// A trust client on a simulated server, and the invariant that every refusal must keep.
import { expect } from 'vitest';
import { DctError, type Code, type Facts } from '../../src/base/errors.ts';
import { makeGun, type Gun } from '../../src/base/reference.ts';
import { createTrustClient, type TrustClientOptions } from '../../src/tuf-client/client.ts';
import type { AuthoringTrustClient, TrustedRepository } from '../../src/tuf-client/types.ts';
import { expectDiscreet, expectStateKept, expectTelling } from '../attacks/invariants.ts';
import { MemoryFiles } from '../support/memory-files.ts';
import {
  NotarySimulator,
  type RepositoryOptions,
  type SimulatedRepository,
} from '../support/notary-simulator.ts';

export const gun = makeGun('registry.test:5000', 'team/app');
export const otherGun = makeGun('registry.test:5000', 'team/other');

export const ledgerPath = (name: Gun = gun): string => `dct/${name}/_ledger.json`;
export const cachePath = (role: string, name: Gun = gun): string => `tuf/${name}/metadata/${role}.json`;

/** A client, its directory, and the server that it asks. */
export interface Rig {
  readonly server: NotarySimulator;
  files: MemoryFiles;
  readonly warnings: string[];
  client: AuthoringTrustClient;
  /** Another client on the same directory, with other options. */
  withOptions(options: Partial<TrustClientOptions>): AuthoringTrustClient;
}

export function makeRig(options: Partial<TrustClientOptions> = {}): Rig {
  const server = new NotarySimulator();
  const files = new MemoryFiles();
  const warnings: string[] = [];
  const withOptions = (changed: Partial<TrustClientOptions>): AuthoringTrustClient => {
    const client = createTrustClient({
      store: server,
      files,
      clock: server.clock,
      notices: { warn: (line) => void warnings.push(line), info: () => undefined, debug: () => undefined },
      pins: [],
      firstUse: 'accept',
      exclusively: (_name, action) => action(),
      ...options,
      ...changed,
    });
    return keepingInvariants(client, files, warnings);
  };
  return { server, files, warnings, client: withOptions({}), withOptions };
}

/** The same client; but whatever comes of an update, what holds after every attack is checked. */
function keepingInvariants(
  client: AuthoringTrustClient,
  files: MemoryFiles,
  said: readonly string[],
): AuthoringTrustClient {
  return {
    ...client,
    update: async (name) => {
      const before = files.copy();
      try {
        return await client.update(name);
      } catch (error) {
        if (error instanceof DctError) expectTelling(error);
        throw error;
      } finally {
        expectStateKept(before, files);
        expectDiscreet(said);
      }
    },
  };
}

/** A rig that has already seen version 1 of a repository. */
export async function trustedRig(
  options: RepositoryOptions = {},
): Promise<Rig & { readonly repository: SimulatedRepository }> {
  const rig = makeRig();
  const repository = await rig.server.repository(gun, options);
  await rig.client.update(gun);
  return { ...rig, repository };
}

/** The error that an update ends with; fails when it succeeds. */
export async function refusal(rig: Pick<Rig, 'client'>, name: Gun = gun): Promise<DctError> {
  try {
    await rig.client.update(name);
  } catch (error) {
    if (error instanceof DctError) return error;
    throw error;
  }
  throw new Error('the update was accepted');
}

/** Expects an update to be refused with this code and these facts, and to leave no trace on disk. */
export async function expectRefusal<C extends Code>(
  rig: Pick<Rig, 'client' | 'files'>,
  code: C,
  facts: Partial<Facts<C>> = {},
  name: Gun = gun,
): Promise<DctError> {
  const before = rig.files.copy();
  const error = await refusal(rig, name);
  expect({ code: error.code, facts: error.facts }).toMatchObject({ code, facts });
  expect(rig.files.differences(before), 'nothing was stored').toEqual([]);
  return error;
}

/** As `expectRefusal`; and the honest state that `recover` brings back is accepted afterwards. */
export async function expectRefusalThenRecovery<C extends Code>(
  rig: Pick<Rig, 'client' | 'files'>,
  code: C,
  recover: () => unknown,
  facts: Partial<Facts<C>> = {},
): Promise<TrustedRepository> {
  await expectRefusal(rig, code, facts);
  await recover();
  return rig.client.update(gun);
}

/** Versions of everything that an update trusts. */
export function versionsOf(trusted: TrustedRepository): Record<string, number> {
  const { root, timestamp, snapshot, targets, delegations } = trusted;
  const base = { root, timestamp, snapshot, targets, ...Object.fromEntries(delegations) };
  return Object.fromEntries(Object.entries(base).map(([role, { data }]) => [role, data.version]));
}
