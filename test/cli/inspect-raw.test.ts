// `inspect --raw`: the metadata itself, byte by byte, and never where it could repaint a terminal.
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import type { TrustedRepository } from '../../src/tuf-client/types.ts';
import { errorOf, run, trustDoor, type World } from './support.ts';
import { id, trustedRepository } from './trusted-repository.ts';

const name = 'registry.test/app';
const worldOf = (repository: TrustedRepository): World => ({
  services: { trust: trustDoor(() => Promise.resolve(repository)) },
});

describe('inspect --raw', () => {
  const text = '{"signed":{"_type":"Root",\n  "x":"\u009b2J\ufeff"},"signatures":[]}';
  const repository = trustedRepository({ signers: { 'targets/silent': [id('a4')] } });
  const raw = worldOf({ ...repository, root: { ...repository.root, bytes: utf8(text) } });

  it('prints the bytes of a role, and nothing else', async () => {
    expect(await run(['inspect', name, '--raw', 'root'], raw)).toEqual({ code: 0, stdout: text, stderr: '' });
    expect((await run(['inspect', name, '--raw', 'root', '--json'], raw)).stdout).toBe(text);
  });

  it('on a terminal nothing in them repaints it (EX-02), and the values stay the same', async () => {
    const { stdout } = await run(['inspect', name, '--raw', 'root'], { ...raw, terminal: true });
    expect(stdout).not.toContain('\u009b');
    expect(JSON.parse(stdout)).toEqual(JSON.parse(text));
  });

  it.each([
    { what: 'an unknown role', argv: [name, '--raw', 'targets/nobody'] },
    { what: 'a role that has published nothing', argv: [name, '--raw', 'targets/silent'] },
    { what: 'several images', argv: [name, `${name}/b`, '--raw', 'root'] },
    { what: 'a tag', argv: [`${name}:1.0`, '--raw', 'root'] },
    { what: 'tables', argv: [name, '--raw', 'root', '--pretty'] },
  ])('$what is refused', async ({ argv }) => {
    const outcome = await run(['inspect', '--json', ...argv], raw);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(errorOf(outcome).code).toBe('USAGE');
  });
});
