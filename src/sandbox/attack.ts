// Carries out an order: on the registry, on the trust server, or on both.
import { isDctError } from '../base/errors.ts';
import { makeGun, type Gun } from '../base/reference.ts';
import type { AttackOrder } from './attack-order.ts';
import type { NotaryAttacks } from './notary/attacks.ts';
import type { RegistryAttacks } from './registry/attacks.ts';

export interface AttackSurface {
  readonly registry: RegistryAttacks;
  readonly notary: NotaryAttacks;
}

/** Answers with what was done, in sentences for people. @throws the errors of the servers' own attacks; REFERENCE_INVALID */
export async function carryOut(
  order: AttackOrder,
  { registry, notary }: AttackSurface,
): Promise<readonly string[]> {
  switch (order.attack) {
    case 'corrupt': {
      const { repository, reference, layer, how } = order;
      const { digest, done, sizeBefore, sizeAfter } = await registry.corrupt(repository, reference, {
        layer,
        how,
      });
      return [
        `${done} (${sizeBefore} → ${sizeAfter} bytes)`,
        `the registry still calls layer ${layer} ${digest}`,
      ];
    }
    case 'freeze': {
      const { serves } = await notary.freeze(gunOf(order.gun));
      return [
        'the trust server shows what is published now, whatever is published later',
        `it is stuck at ${versions(serves)}`,
      ];
    }
    case 'rollback': {
      const { served, serves } = await notary.rollback(gunOf(order.gun), order.publications);
      return [
        'the trust server shows an older state, every signature in it valid',
        `it went back from ${versions(served)} to ${versions(serves)}`,
      ];
    }
    case 'swap-tag': {
      const { repository, tag, other, gun } = order;
      const { digestBefore, digestAfter, sizeAfter } = await registry.swapTag(repository, tag, other);
      const lines = [`the registry's ${tag} was ${digestBefore} and is ${digestAfter} now`];
      if (gun === undefined) return lines;
      const content = { digest: digestAfter, length: sizeAfter };
      const { role } = await notary.swapTarget(gunOf(gun), tag, content);
      return [
        ...lines,
        `the trust server says so too, in a snapshot and a timestamp signed with its own keys`,
        `only the signature of ${role} is beyond its reach`,
      ];
    }
    case 'restore':
      return restore(order, { registry, notary });
  }
}

/** A repository may be known to one of the two servers only. */
async function restore(
  { repository, gun }: Extract<AttackOrder, { readonly attack: 'restore' }>,
  { registry, notary }: AttackSurface,
): Promise<readonly string[]> {
  const trust = await notary.restore(gunOf(gun));
  const content = await registry.restore(repository).catch((error: unknown) => {
    if (isDctError(error, 'NAME_UNKNOWN') && trust.ended !== undefined) return { ended: 0 };
    throw error;
  });
  const isAttacked = content.ended > 0 || trust.ended !== undefined;
  return [isAttacked ? 'both servers show the truth again' : 'there was no attack to end'];
}

function versions(byRole: Readonly<Record<string, number>>): string {
  return Object.entries(byRole)
    .map(([role, version]) => `${role} ${version}`)
    .join(', ');
}

function gunOf(text: string): Gun {
  const slash = text.indexOf('/');
  return makeGun(text.slice(0, slash), text.slice(slash + 1));
}
