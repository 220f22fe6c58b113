// What the doctor expects of images that it was given: a name that nobody can pull would pass for one that is refused.
import { describe, expect, it } from 'vitest';
import { DctError } from '../../src/base/errors.ts';
import { Console } from '../../src/cli/console.ts';
import type { Context } from '../../src/cli/context.ts';
import { prescribe } from '../../src/cli/doctor/examine.ts';
import type { Registry } from '../../src/registry/index.ts';
import { codeOfRejection } from '../support/code-of.ts';
import { fakeIo, trustDoor } from './support.ts';

const image = 'registry.test/team/app:typo';

/** Nobody signed anything here, and the registry says this of the image; what was written to stderr is in `said`. */
function contextWith(manifest: () => Promise<unknown>): {
  readonly context: Context;
  readonly said: { stderr: string };
} {
  const said = { stdout: '', stderr: '' };
  const io = fakeIo({}, said);
  const context = {
    io,
    console: new Console(io, { json: false, quiet: false, verbose: false }),
    interruption: { signal: new AbortController().signal },
    services: {
      trust: trustDoor((gun) => Promise.reject(new DctError('NO_TRUST_DATA', { gun }))),
      registry: () => Promise.resolve({ manifest } as Partial<Registry>),
    },
  };
  return { context: context as unknown as Context, said };
}

describe('an unsigned image', () => {
  it('that is there has to be refused', async () => {
    const { context, said } = contextWith(() => Promise.resolve({}));
    expect(await prescribe(context, image)).toEqual({ name: image, signed: undefined });
    expect(said.stderr).toBe('');
  });

  it.each([
    new DctError('MANIFEST_UNKNOWN', { reference: image }),
    new DctError('NAME_UNKNOWN', { repository: 'team/app' }),
  ])('that is not there proves nothing: $code', async (error) => {
    const { context } = contextWith(() => Promise.reject(error));
    expect(await codeOfRejection(prescribe(context, image))).toBe(error.code);
  });

  it('of which the registry tells us nothing is tried all the same, with a word about it', async () => {
    const error = new DctError('UNREACHABLE', { origin: 'https://registry.test', problem: 'refused' });
    const { context, said } = contextWith(() => Promise.reject(error));
    expect(await prescribe(context, image)).toEqual({ name: image, signed: undefined });
    expect(said.stderr).toContain(`whether ${image} is there at all could not be found out`);
  });
});
