// Files that may change while the proxy runs: what is said of those that cannot be read or used, and how often.
import { expect, it, onTestFinished } from 'vitest';
import { DctError } from '../../../src/base/errors.ts';
import { WatchedFiles } from '../../../src/proxy/serve/watched-files.ts';

it('says every loss of a file, also when it came back as it was, and says wrong content once', async () => {
  let text: string | undefined = 'right';
  const [warnings, outcomes]: [string[], string[]] = [[], []];
  const ignore = (): void => undefined;
  const watched = await WatchedFiles.open({
    what: 'the file',
    paths: ['/file'],
    read: () => Promise.resolve(text === undefined ? undefined : Buffer.from(text)),
    parse: ([given = '']) => {
      if (given !== 'wrong') return given;
      throw new DctError('CONFIG_INVALID', { file: 'the file', path: '/file', problem: 'it is wrong' });
    },
    notices: { warn: (line) => void warnings.push(line), info: ignore, debug: ignore },
    everyMs: 1_000_000,
    onReload: (outcome) => void outcomes.push(outcome),
  });
  onTestFinished(() => watched.close());
  const look = async (given: string | undefined): Promise<number> => {
    text = given;
    await watched.check();
    return warnings.length;
  };
  expect([await look(undefined), await look(undefined), await look('right'), await look(undefined)]).toEqual([
    1, 1, 1, 2,
  ]);
  expect([await look('wrong'), await look('wrong'), await look('right')]).toEqual([3, 3, 3]);
  expect(outcomes).toEqual(['failed', 'failed', 'failed', 'ok']);
});
