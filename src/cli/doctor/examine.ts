// The two examinations: a drill with images of our own, and pulls of the operator's images with the runtime's own settings.
import { join } from 'node:path';
import { DctError, isDctError } from '../../base/errors.ts';
import type { Context } from '../context.ts';
import { taggedImage, type TaggedReference } from '../images.ts';
import { trustData } from '../trust-data.ts';
import { findReleased } from '../../tuf-client/index.ts';
import { judge, type Finding } from './finding.ts';
import type { DrillGround } from './drill-ground.ts';
import type { RunProgram } from './run-program.ts';
import type { Pulled, Puller, Runtime } from './runtime.ts';

/** Pulls the images of the drill, with the settings of `dct proxy config`. */
export async function drill(
  run: RunProgram,
  runtime: Runtime,
  ground: DrillGround,
  directory: string,
  interrupted: AbortSignal,
): Promise<readonly Finding[]> {
  const { registry, proxy, images } = ground;
  const puller = await runtime.drill(run, { directory: join(directory, runtime.name), proxy, registry });
  const findings: Finding[] = [];
  try {
    ground.askedByTag();
    for (const { name, kind, signed } of images) {
      const pulled = await uninterrupted(puller, name, interrupted);
      findings.push(judge({ runtime: runtime.name, image: name, kind }, pulled, signed));
    }
  } finally {
    await puller.clear();
  }
  const slipped = ground.askedByTag();
  return [
    ...findings,
    {
      runtime: runtime.name,
      image: registry,
      kind: 'bypass',
      expected: 'never asked by tag',
      happened: slipped.length === 0 ? 'never asked by tag' : `asked past the proxy: ${slipped.join(', ')}`,
      held: slipped.length === 0,
    },
  ];
}

export interface Prescribed {
  readonly name: string;
  /** The digest that it is signed as; undefined when nobody signed it, or the trust data is refused. */
  readonly signed: string | undefined;
}

/**
 * What dct itself says about an image.
 * @throws REFERENCE_INVALID; MANIFEST_UNKNOWN, NAME_UNKNOWN for an unsigned one that is not there; what keeps us from knowing
 */
export async function prescribe(context: Context, text: string): Promise<Prescribed> {
  const image = taggedImage(text, 'doctor');
  const name = `${image.gun}:${image.tag}`;
  try {
    const { digest } = findReleased(await trustData(context, image.gun), image.tag);
    return { name, signed: digest };
  } catch (error) {
    if (!isDctError(error) || error.family !== 'trust') throw error;
  }
  await expectThere(context, image);
  return { name, signed: undefined };
}

/** A pull of what is not there fails whatever is enforced, and would pass for a refusal. */
async function expectThere(
  context: Context,
  { gun, registry, repository, tag }: TaggedReference,
): Promise<void> {
  const { console, interruption, services } = context;
  try {
    await (await services.registry(registry)).manifest(repository, tag, interruption.signal);
  } catch (error) {
    if (!isDctError(error) || isDctError(error, 'MANIFEST_UNKNOWN', 'NAME_UNKNOWN')) throw error;
    // An operator may have closed this way to everybody but the proxy, or it leads to the proxy itself.
    console.warn(`whether ${gun}:${tag} is there at all could not be found out: ${error.message}`);
  }
}

/** Pulls them with the settings that the runtime has. */
export async function examineOwn(
  run: RunProgram,
  runtime: Runtime,
  images: readonly Prescribed[],
  directory: string,
  interrupted: AbortSignal,
): Promise<readonly Finding[]> {
  const puller = runtime.own(run, directory);
  const findings: Finding[] = [];
  try {
    for (const { name, signed } of images) {
      const kind = signed === undefined ? 'unsigned' : 'signed';
      const pulled = await uninterrupted(puller, name, interrupted);
      findings.push(judge({ runtime: runtime.name, image: name, kind }, pulled, signed));
    }
  } finally {
    await puller.clear();
  }
  return findings;
}

/** Ctrl-C ends the runtime's program too, and that is no refusal. @throws INTERRUPTED */
async function uninterrupted(puller: Puller, image: string, signal: AbortSignal): Promise<Pulled> {
  const pulled = signal.aborted ? undefined : await puller.pull(image);
  if (pulled === undefined || signal.aborted) throw new DctError('INTERRUPTED', {});
  return pulled;
}
