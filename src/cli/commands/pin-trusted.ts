// `dct pin IMAGE`: verifies a repository, and pins the root keys that it is trusted for now.
import { canonicalKeyId, countingRootKeys } from '../../tuf-client/index.ts';
import { confirm } from '../confirm.ts';
import type { PinEntry } from '../config-pins.ts';
import type { Context } from '../context.ts';
import { repository } from '../images.ts';
import { addPins, nameOf } from '../pin-book.ts';
import { changeJson, entryLines } from '../pin-report.ts';
import { pinsInForce } from '../pins.ts';
import { trustData } from '../trust-data.ts';

export interface PinTrustedOptions {
  readonly yes?: boolean;
}

/**
 * Pins the keys and not their certificates, so that a renewed certificate stays trusted.
 * @throws DECLINED, and what `trustData` and `addPins` throw
 */
export async function pinTrusted(context: Context, text: string, options: PinTrustedOptions): Promise<void> {
  const { gun } = repository(text, 'pin');
  const { io, settings, console } = context;
  const { root } = await trustData(context, gun);
  const { pins } = await pinsInForce(io, settings);
  const entries: PinEntry[] = [];
  for (const certificateId of await countingRootKeys(gun, root.bytes, pins)) {
    const key = root.data.keys.get(certificateId);
    const id = (key && canonicalKeyId(key)) ?? certificateId;
    console.info(`root key ${id}, certificate ${certificateId}`);
    entries.push({ kind: 'id', id });
  }
  const own = (settings.config.pins.get(gun) ?? []).map(nameOf);
  const isNew = entries.some((entry) => !own.includes(nameOf(entry)));
  if (isNew)
    await confirm(
      io,
      `Shall ${gun} be trusted with ${entries.length > 1 ? 'these keys' : 'this key'} only?`,
      options,
    );
  else console.info(`${gun} is pinned to this already`);
  const added = isNew ? await addPins(context, gun, entries) : [];
  console.emit({ lines: entryLines('pinned', gun, added), data: changeJson({ pattern: gun, added }) });
}
