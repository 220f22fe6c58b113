// `dct sandbox corrupt|freeze|rollback|swap-tag|restore`: tells a running sandbox to attack an image.
import { DctError } from '../../base/errors.ts';
import { parseReference, splitGun, type Reference } from '../../base/reference.ts';
import type { Alteration, AttackOrder } from '../../sandbox/index.ts';
import type { Context } from '../context.ts';
import { wholeNumber } from '../listen.ts';

export interface CorruptOptions {
  readonly layer: string;
  readonly flipBit?: boolean;
  readonly truncate?: boolean;
  readonly extend?: boolean;
  readonly replace?: boolean;
}

export interface RollbackOptions {
  readonly publications: string;
}

export interface SwapTagOptions {
  readonly registryOnly?: boolean;
}

type Start = Pick<Context, 'services' | 'console'>;

/** @throws USAGE, SANDBOX_ABSENT, REFERENCE_INVALID, like the others */
export async function corrupt(context: Start, name: string, options: CorruptOptions): Promise<void> {
  const { repository, reference } = parts(name);
  const layer = wholeNumber('--layer', options.layer);
  await attack(context, name, { attack: 'corrupt', repository, reference, layer, how: chosen(options) });
}

export async function freeze(context: Start, name: string): Promise<void> {
  await attack(context, name, { attack: 'freeze', gun: parts(name).gun });
}

export async function rollback(context: Start, name: string, options: RollbackOptions): Promise<void> {
  const publications = wholeNumber('--publications', options.publications);
  await attack(context, name, { attack: 'rollback', gun: parts(name).gun, publications });
}

export async function swapTag(
  context: Start,
  name: string,
  other: string,
  { registryOnly = false }: SwapTagOptions,
): Promise<void> {
  const { gun, repository, reference } = parts(name);
  const order = { attack: 'swap-tag', repository, tag: reference, other } as const;
  await attack(context, name, registryOnly ? order : { ...order, gun });
}

export async function restore(context: Start, name: string): Promise<void> {
  const { gun, repository } = parts(name);
  await attack(context, name, { attack: 'restore', gun, repository });
}

async function attack({ services, console }: Start, name: string, order: AttackOrder): Promise<void> {
  const { registry } = splitGun(parseReference(name).gun);
  const [{ orderAttack }, transport] = await Promise.all([
    import('../../sandbox/index.ts'),
    services.transport(),
  ]);
  const lines = await orderAttack(transport, registry, order);
  console.emit({ lines, data: { attack: order.attack, image: name, done: lines } });
}

function parts(name: string): {
  readonly gun: Reference['gun'];
  readonly repository: string;
  readonly reference: string;
} {
  const { gun, tag, digest } = parseReference(name);
  return { gun, repository: splitGun(gun).repository, reference: digest ?? tag ?? 'latest' };
}

function chosen({ flipBit, truncate, extend, replace }: CorruptOptions): Alteration {
  const asked: readonly (readonly [Alteration, boolean | undefined])[] = [
    ['flip-bit', flipBit],
    ['truncate', truncate],
    ['extend', extend],
    ['replace', replace],
  ];
  const [first = 'flip-bit', ...more] = asked.flatMap(([how, wanted]) => (wanted === true ? [how] : []));
  if (more.length === 0) return first;
  throw new DctError('USAGE', {
    problem: `--${first} and --${String(more[0])} cannot both be done`,
    hint: 'Choose one of --flip-bit, --truncate, --extend and --replace.',
  });
}
