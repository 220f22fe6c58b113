// Docker's cache layout, which docker trust and notary read and write beside dct (dialect 6).
import { expect, test } from 'vitest';
import { utf8 } from '../../../src/base/bytes.ts';
import { createMetadataCache } from '../../../src/tuf-client/cache/index.ts';
import type { RoleName } from '../../../src/tuf-client/model/index.ts';
import { MemoryFiles } from '../../support/memory-files.ts';
import { gun } from '../support.ts';

test.each([
  ['root', `tuf/${gun}/metadata/root.json`],
  ['timestamp', `tuf/${gun}/metadata/timestamp.json`],
  ['snapshot', `tuf/${gun}/metadata/snapshot.json`],
  ['targets', `tuf/${gun}/metadata/targets.json`],
  ['targets/releases', `tuf/${gun}/metadata/targets/releases.json`],
  ['targets/a/b', `tuf/${gun}/metadata/targets/a/b.json`],
])('%s is %s, byte for byte', async (name, path) => {
  const role = name as RoleName;
  const files = new MemoryFiles();
  const cache = createMetadataCache(files);
  expect(await cache.read(gun, role)).toBeUndefined();
  await cache.write(gun, role, utf8('{} \n'));
  expect([...files.contents]).toEqual([[path, utf8('{} \n')]]);
  expect(await cache.read(gun, role)).toEqual(utf8('{} \n'));
});
