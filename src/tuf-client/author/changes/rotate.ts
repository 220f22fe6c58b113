// Rotation: other keys for one of the four base roles (dialect 11). Old private keys stay where they are.
import { DctError } from '../../../base/errors.ts';
import { keyId } from '../../crypto/index.ts';
import { roleNames, type BaseRole, type KeyId, type PublicKey, type Root } from '../../model/index.ts';
import { contentOf, resigning, type Content } from '../content.ts';
import type { Desk, Proposal } from './proposal.ts';

export interface Rotation {
  readonly role: BaseRole;
  /** Who holds the new key. Left out: who holds the old one; timestamps are always the server's. */
  readonly management?: 'server' | 'client' | undefined;
  /** A key that is in the key store already; left out: a new one. */
  readonly key?: KeyId | undefined;
}

/**
 * @throws USAGE for a role that the server or the client cannot hold, and for a key that is the role's already;
 *   SERVER_KEY_REFUSED for a server that offers the role's old key as its new one (PB-04)
 */
export async function rotateKey(desk: Desk, rotation: Rotation): Promise<Proposal> {
  const { role, key } = rotation;
  const before = contentOf(desk.repository);
  const byServer = await isServers(desk, before, rotation);
  const fresh = byServer
    ? await desk.newKeys.server(role as 'snapshot' | 'timestamp')
    : await ownKey(desk, role as 'root' | 'targets' | 'snapshot', key);
  const roles = rolesWith(before.root, keyId(fresh));
  if (roles.includes(role)) throw notNew(desk, role, byServer);
  const content = { ...before, root: withRoleKey(before.root, role, fresh) };
  // The files of the role are signed in the same publication: the server would take the root alone, and readers would not
  // be able to read any of it (dialect 9.4 step 3).
  return {
    content: role === 'targets' ? resigning(content, roleNames.targets) : content,
    remarks: roles.map((other) => `the new ${role} key is the ${other} key as well`),
  };
}

function rolesWith({ roles }: Root, id: KeyId): readonly BaseRole[] {
  return (Object.keys(roles) as BaseRole[]).filter((role) => roles[role].keyIds.includes(id));
}

function notNew({ gun }: Desk, role: BaseRole, byServer: boolean): DctError {
  return byServer
    ? new DctError('SERVER_KEY_REFUSED', { gun, role, problem: 'it is the old key again' })
    : new DctError('USAGE', { problem: `${gun} has that ${role} key already` });
}

function ownKey(
  { newKeys }: Desk,
  role: 'root' | 'targets' | 'snapshot',
  key: KeyId | undefined,
): Promise<PublicKey> {
  return key === undefined ? newKeys.own(role) : newKeys.existing(role, key);
}

async function isServers(
  { keys }: Desk,
  { root }: Content,
  { role, management, key }: Rotation,
): Promise<boolean> {
  if (role === 'root' || role === 'targets') {
    if (management !== 'server') return false;
    throw new DctError('USAGE', {
      problem: `the server cannot hold the ${role} key`,
      hint: 'Only the keys of snapshot and timestamp can be with the server.',
    });
  }
  const held = await keys.held(root.roles.snapshot.keyIds);
  const byServer =
    management === 'server' ||
    (management === undefined && key === undefined && (role === 'timestamp' || held.length === 0));
  if (byServer && key !== undefined)
    throw new DctError('USAGE', { problem: 'the server makes its keys itself', hint: 'Leave --key away.' });
  if (byServer || role === 'snapshot') return byServer;
  throw new DctError('USAGE', {
    problem: 'only the server can hold the timestamp key',
    hint: 'It signs a new timestamp for every publication. Leave --client-managed and --key away.',
  });
}

/** Old root keys stay in the table, as Notary leaves them; those of other roles go when nobody uses them. */
function withRoleKey(root: Root, role: BaseRole, key: PublicKey): Root {
  const id = keyId(key);
  const roles = { ...root.roles, [role]: { ...root.roles[role], keyIds: [id], threshold: 1 } };
  const used = new Set(Object.values(roles).flatMap(({ keyIds }) => keyIds));
  const retired = new Set(root.roles[role].keyIds.filter((old) => role !== 'root' && !used.has(old)));
  const kept = [...root.keys].filter(([old]) => !retired.has(old));
  return { ...root, roles, keys: new Map([...kept, [id, key]]) };
}
