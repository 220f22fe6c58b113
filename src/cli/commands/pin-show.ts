// `dct pin show`: what is pinned, and what decides about one repository.
import type { Context } from '../context.ts';
import { repository } from '../images.ts';
import { pinJson, pinTable } from '../pin-report.ts';
import { decidingPin, pinsInForce } from '../pins.ts';

/** Asks no server. @throws CONFIG_INVALID, DISK; REFERENCE_INVALID, USAGE */
export async function pinShow({ io, settings, console }: Context, text: string | undefined): Promise<void> {
  const gun = text === undefined ? undefined : repository(text, 'pin show').gun;
  const inForce = await pinsInForce(io, settings);
  const decides = gun === undefined ? inForce.pins : [decidingPin(inForce, gun) ?? []].flat();
  const firstUse = inForce.firstUse ? 'accept' : 'refuse';
  if (decides.length === 0) {
    const rule = inForce.firstUse ? 'trusted on first use' : 'refused unless it is trusted here already';
    console.info(`nothing is pinned${gun === undefined ? '' : ` for ${gun}`}; what is not pinned is ${rule}`);
  }
  console.emit({
    lines: pinTable(decides),
    data: { ...(gun !== undefined && { gun }), firstUse, pins: decides.map(pinJson) },
  });
}
