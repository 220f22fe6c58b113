// `dct doctor`: proves with the real runtimes of this machine that only what was signed comes through.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DctError } from '../../base/errors.ts';
import type { Context } from '../context.ts';
import { containerd } from '../doctor/containerd.ts';
import { docker } from '../doctor/docker.ts';
import { prepareDrill } from '../doctor/drill-ground.ts';
import { drill, examineOwn, prescribe } from '../doctor/examine.ts';
import { problemIn, report, type Finding } from '../doctor/finding.ts';
import { podman } from '../doctor/podman.ts';
import { programRunner, type RunProgram } from '../doctor/run-program.ts';
import type { Runtime } from '../doctor/runtime.ts';
import { skopeo } from '../doctor/skopeo.ts';

export interface DoctorOptions {
  readonly runtime?: readonly string[];
}

const runtimes: readonly Runtime[] = [docker, containerd, podman, skopeo];

/** @throws TRUST_NOT_ENFORCED; TRUST_UNPROVEN when nothing could be tried, or too little; USAGE */
export async function doctor(
  context: Context,
  images: readonly string[],
  options: DoctorOptions,
): Promise<void> {
  const { console, interruption, io } = context;
  const run = programRunner(io.env);
  const found = await findRuntimes(context, run, options.runtime ?? []);
  await interruption.undisturbed(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'dct-doctor-'));
    try {
      const findings =
        images.length === 0
          ? await drillAll(context, run, found, directory)
          : await examineAll(context, run, found, images, directory);
      console.emit(report(findings));
      const problem = problemIn(findings);
      if (problem !== undefined) throw problem;
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
}

async function drillAll(
  context: Context,
  run: RunProgram,
  found: readonly Runtime[],
  directory: string,
): Promise<readonly Finding[]> {
  const ground = await prepareDrill(context, directory);
  try {
    const findings: Finding[] = [];
    for (const runtime of found)
      findings.push(...(await drill(run, runtime, ground, directory, context.interruption.signal)));
    return findings;
  } finally {
    await ground.leave();
  }
}

async function examineAll(
  context: Context,
  run: RunProgram,
  found: readonly Runtime[],
  images: readonly string[],
  directory: string,
): Promise<readonly Finding[]> {
  const prescribed = [];
  for (const image of images) prescribed.push(await prescribe(context, image));
  const findings: Finding[] = [];
  for (const runtime of found)
    findings.push(...(await examineOwn(run, runtime, prescribed, directory, context.interruption.signal)));
  return findings;
}

/** Those that were named, or all that are here. */
async function findRuntimes(
  { console }: Context,
  run: RunProgram,
  names: readonly string[],
): Promise<readonly Runtime[]> {
  const unknown = names.find((name) => !runtimes.some((runtime) => runtime.name === name));
  if (unknown !== undefined) {
    const known = runtimes.map(({ name }) => name).join(', ');
    throw new DctError('USAGE', {
      problem: `"${unknown}" is no runtime that dct knows`,
      hint: `Known: ${known}.`,
    });
  }
  const found: Runtime[] = [];
  for (const runtime of runtimes) {
    if (names.length > 0 && !names.includes(runtime.name)) continue;
    const version = await runtime.find(run);
    if (version !== undefined) {
      console.info(`found ${version}`);
      found.push(runtime);
    } else if (names.length > 0) {
      const problem = `${runtime.name} is not here, or does not answer`;
      throw new DctError('TRUST_UNPROVEN', { problem });
    }
  }
  if (found.length === 0)
    throw new DctError('TRUST_UNPROVEN', { problem: 'no runtime was found on this machine' });
  return found;
}
