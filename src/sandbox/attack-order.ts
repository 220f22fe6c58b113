// The attacks that a sandbox can be told to mount, as the message that carries the order.
import { isJsonObject, type JsonValue } from '../base/json.ts';
import { alterations, type Alteration } from './registry/alteration.ts';

export type AttackOrder =
  /** Serve altered bytes for a layer, counted from 1, while everything else still claims the old digest. */
  | {
      readonly attack: 'corrupt';
      readonly repository: string;
      readonly reference: string;
      readonly layer: number;
      readonly how: Alteration;
    }
  /** Serve today's trust data for ever, whatever is published later (FZ). */
  | { readonly attack: 'freeze'; readonly gun: string }
  /** Serve the trust data of some publications ago (RB). */
  | { readonly attack: 'rollback'; readonly gun: string; readonly publications: number }
  /** Serve another image under a tag; with a GUN the trust server lies about it too, as far as its own keys reach. */
  | {
      readonly attack: 'swap-tag';
      readonly repository: string;
      readonly tag: string;
      readonly other: string;
      readonly gun?: string;
    }
  /** End every attack on a repository. */
  | { readonly attack: 'restore'; readonly repository: string; readonly gun: string };

const isText = (value: JsonValue | undefined): boolean => typeof value === 'string';
const isCount = (value: JsonValue | undefined): boolean => Number.isSafeInteger(value) && Number(value) >= 1;
const isAlteration = (value: JsonValue | undefined): boolean => alterations.some((how) => how === value);
const isTextOrAbsent = (value: JsonValue | undefined): boolean => value === undefined || isText(value);

const shapes: {
  readonly [A in AttackOrder['attack']]: Readonly<
    Record<
      Exclude<keyof Extract<AttackOrder, { attack: A }>, 'attack'>,
      (value: JsonValue | undefined) => boolean
    >
  >;
} = {
  corrupt: { repository: isText, reference: isText, layer: isCount, how: isAlteration },
  freeze: { gun: isText },
  rollback: { gun: isText, publications: isCount },
  'swap-tag': { repository: isText, tag: isText, other: isText, gun: isTextOrAbsent },
  restore: { repository: isText, gun: isText },
};

/** The order that a message carries, or undefined when it is none. */
export function readAttackOrder(message: JsonValue): AttackOrder | undefined {
  if (!isJsonObject(message)) return undefined;
  const name = message['attack'];
  if (typeof name !== 'string' || !Object.hasOwn(shapes, name)) return undefined;
  const fields = Object.entries(shapes[name as AttackOrder['attack']]);
  return fields.every(([field, fits]) => fits(message[field]))
    ? (message as unknown as AttackOrder)
    : undefined;
}
