// Orders that touch both servers: what each is told, and what people read.
import { describe, expect, it } from 'vitest';
import { DctError } from '../../src/base/errors.ts';
import { carryOut, type AttackSurface } from '../../src/sandbox/attack.ts';

const order = { attack: 'restore', repository: 'test/a', gun: 'localhost:5000/test/a' } as const;

/** Two servers with so many attacks on the repository; the registry may not know it. */
function surface(registryEnded: number | undefined, trustEnded: 'freeze' | undefined): AttackSurface {
  const never = (): never => {
    throw new Error('not part of this order');
  };
  return {
    registry: {
      corrupt: never,
      swapTag: never,
      restore: (repository) =>
        registryEnded === undefined
          ? Promise.reject(new DctError('NAME_UNKNOWN', { repository }))
          : Promise.resolve({ repository, ended: registryEnded, done: '' }),
    },
    notary: {
      freeze: never,
      rollback: never,
      swapTarget: never,
      restore: (gun) => Promise.resolve({ attack: 'restore', gun, ...(trustEnded && { ended: trustEnded }) }),
    },
  };
}

describe('restore', () => {
  it.each([
    { registry: 1, trust: undefined, says: 'both servers show the truth again' },
    { registry: 0, trust: 'freeze' as const, says: 'both servers show the truth again' },
    { registry: undefined, trust: 'freeze' as const, says: 'both servers show the truth again' },
    { registry: 0, trust: undefined, says: 'there was no attack to end' },
  ])(
    'with $registry attacks at the registry and $trust at the trust server',
    async ({ registry, trust, says }) => {
      expect(await carryOut(order, surface(registry, trust))).toEqual([says]);
    },
  );

  it('of a repository that neither server knows is refused', async () => {
    await expect(carryOut(order, surface(undefined, undefined))).rejects.toMatchObject({
      code: 'NAME_UNKNOWN',
    });
  });
});
