// P-68: which passphrase is for which key, as docs/configuration.md says it, tried out.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withHeader } from '../keystore/keeper.ts';
import { passphrase, vector } from '../keystore/vectors.ts';
import { keyRig } from './key-rig.ts';

const roles = ['root', 'targets', 'snapshot', 'alice'] as const;

/** The keys that each variable opens; alice is a signer. */
const opens: Readonly<Record<string, readonly string[]>> = {
  DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: ['root'],
  DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: ['targets', 'snapshot', 'alice'],
  NOTARY_ROOT_PASSPHRASE: ['root'],
  NOTARY_TARGETS_PASSPHRASE: ['targets'],
  NOTARY_SNAPSHOT_PASSPHRASE: ['snapshot'],
  NOTARY_DELEGATION_PASSPHRASE: ['alice'],
};

it('P-68: the page names every variable', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/configuration.md'), 'utf8');
  const named = [...page.matchAll(/^\| `(\w+_PASSPHRASE)`/gmu)].map(([, name]) => name);
  expect(named).toEqual(Object.keys(opens));
});

describe.each(Object.keys(opens))('P-68: %s', (variable) => {
  it.each(roles)('is, or is not, the passphrase of a %s key', async (role) => {
    const rig = await keyRig();
    const { keyId, text } = vector('docker-alice');
    await mkdir(join(rig.trustDirectory, 'private'), { recursive: true, mode: 0o700 });
    const file = join(rig.trustDirectory, 'private', `${keyId}.key`);
    await writeFile(file, withHeader(text, 'role', role), { mode: 0o600 });
    const { code } = await rig.dct(['key', 'check'], { env: { [variable]: passphrase } });
    expect(code).toBe(opens[variable]?.includes(role) === true ? 0 : 6);
  });
});
