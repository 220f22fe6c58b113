// Editing the configuration file: through crashes, in competition, over links, and never past its rules.
import { chmod, mkdir, readdir, readFile, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { editConfig } from '../../src/cli/config-edit.ts';
import { setMember } from '../../src/cli/json-edit.ts';
import { systemCalls, type WriteCalls } from '../../src/disk/atomic.ts';
import { pinRig } from './pin-rig.ts';
import { errorOf } from './support.ts';

const id = (n: number): string => n.toString(16).padStart(64, '0');
const name = (n: number): string => `registry.test/app${n}`;

describe('twenty commands at once', () => {
  it('lose nothing', async () => {
    const rig = await pinRig();
    const numbers = Array.from({ length: 20 }, (_, n) => n);
    const outcomes = await Promise.all(numbers.map((n) => rig.dct(['pin', 'add', name(n), id(n)])));
    expect(outcomes.map(({ code }) => code)).toEqual(numbers.map(() => 0));
    const same = await Promise.all(numbers.map((n) => rig.dct(['pin', 'add', name(0), id(n)])));
    expect(same.map(({ code }) => code)).toEqual(numbers.map(() => 0));
    const { pins } = (await rig.configured()) as { pins: Record<string, string[]> };
    expect(Object.keys(pins).sort()).toEqual(numbers.map(name).sort());
    expect([...(pins[name(0)] ?? [])].sort()).toEqual(numbers.map(id));
    expect(await readdir(dirname(rig.configFile)), 'no lock, no temporary file').toEqual(['config.json']);
  });
});

describe('a write that fails at any step', () => {
  const steps: readonly (keyof WriteCalls)[] = ['openNew', 'write', 'sync', 'rename', 'syncDirectory'];
  it.each(steps)('%s: the old file or the new one, whole', async (step) => {
    const rig = await pinRig();
    const before = JSON.stringify({ pins: { [name(1)]: [id(1)] } });
    await rig.configure(before);
    const after = setMember(before, ['pins', name(2)], [id(2)]);
    const full = (): Promise<never> => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }));
    const edited = editConfig(rig.configFile, () => after, { ...systemCalls, [step]: full });
    await expect(edited).rejects.toMatchObject({ code: 'DISK' });
    // Only after the rename does the new content stand.
    expect(await readFile(rig.configFile, 'utf8')).toBe(step === 'syncDirectory' ? after : before);
    expect(await readdir(dirname(rig.configFile))).toEqual(['config.json']);
    await editConfig(rig.configFile, () => after);
    expect(await readFile(rig.configFile, 'utf8')).toBe(after);
  });
});

describe('the file', () => {
  const config = `{\n    "registries": { "a.test": {"plainHttp" : true} },\n    "pins": {}\n}\n`;

  it('keeps its permissions and everything else in it', async () => {
    const rig = await pinRig();
    await rig.configure(config);
    await chmod(rig.configFile, 0o644);
    await rig.dct(['pin', 'add', name(1), id(1)]);
    expect((await stat(rig.configFile)).mode & 0o777).toBe(0o644);
    expect(await readFile(rig.configFile, 'utf8')).toBe(
      config.replace('{}', `{\n        "${name(1)}": [\n            "${id(1)}"\n        ]\n    }`),
    );
  });

  it('is nobody else’s business when it is new', async () => {
    const rig = await pinRig();
    await rig.dct(['pin', 'add', name(1), id(1)]);
    expect((await stat(rig.configFile)).mode & 0o777).toBe(0o600);
  });

  it('may be a symbolic link, which stays one', async () => {
    const rig = await pinRig();
    await rig.write('dotfiles/dct.json', config);
    await mkdir(dirname(rig.configFile), { recursive: true });
    await symlink(join(rig.home, 'dotfiles/dct.json'), rig.configFile);
    expect((await rig.dct(['pin', 'add', name(1), id(1)])).code).toBe(0);
    expect(await readFile(join(rig.home, 'dotfiles/dct.json'), 'utf8')).toContain(id(1));
    expect((await rig.dct(['pin', 'show'])).stdout).toContain(id(1));
  });

  it.each([
    ['with an unknown setting', '{"registrys":{}}'],
    ['that is no JSON', '{'],
    ['with a byte order mark', '\ufeff{}'],
  ])('%s is not touched', async (_what, content) => {
    const rig = await pinRig();
    await rig.configure(content);
    const outcome = await rig.dct(['pin', 'add', name(1), id(1), '--json']);
    expect(errorOf(outcome).code).toBe('CONFIG_INVALID');
    expect(await readFile(rig.configFile, 'utf8')).toBe(content);
  });

  it('is not written when the edit would break it', async () => {
    const rig = await pinRig();
    await rig.configure('{}');
    await expect(editConfig(rig.configFile, () => '{"pin":{}}')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
    expect(await readFile(rig.configFile, 'utf8')).toBe('{}');
  });
});
