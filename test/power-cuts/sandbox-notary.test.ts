// The sandbox's trust server, with power cut or the disk refusing at every write: all of a change is there, or nothing of it.
import { describe, expect, it } from 'vitest';
import type { MemoryFiles } from '../support/memory-files.ts';
import { atEveryOperation, cut, refusals } from '../support/power-cut.ts';
import { gun, publishedOwner, TestServer, tuf, type Answer } from '../sandbox/notary/support.ts';
import type { Files } from '../../src/base/ports.ts';

type Served = Readonly<Record<string, string>>;

interface Story {
  readonly what: string;
  readonly act: (server: TestServer<Files>) => Promise<Answer>;
  /** Whether a second attempt after a first one that got through is an error of the client. */
  readonly repeatable: boolean;
}

const server = new TestServer();
const owner = await publishedOwner(server);
const parts = owner.next('targets');

const stories: readonly Story[] = [
  { what: 'a publication', act: (on) => on.publish(parts), repeatable: false },
  { what: 'a deletion', act: (on) => on.send('DELETE', tuf(gun)), repeatable: true },
  { what: 'a new timestamp key', act: (on) => on.send('POST', `${tuf(gun)}timestamp.key`), repeatable: true },
];

const on = <F extends Files>(files: F): TestServer<F> => new TestServer({ files });

describe.each(stories)('$what', ({ act, repeatable }) => {
  const begin = async (): Promise<{ files: () => MemoryFiles; before: Served; after: Served }> => {
    const changed = server.files.copy();
    expect((await act(on(changed))).status).toBe(200);
    return {
      files: () => server.files.copy(),
      before: await on(server.files.copy()).served(),
      after: await on(changed).served(),
    };
  };

  it.each([cut])('ST-01: $what before each write', async (fault) => {
    const { files, before, after } = await begin();
    const count = await atEveryOperation(fault, async (operations) => {
      const disk = files();
      await act(on(operations.filesWritten(disk))).catch(() => undefined);
      const served = await on(disk).served();
      expect([before, after]).toContainEqual(served);
      const again = await act(on(disk));
      const isDone = JSON.stringify(served) === JSON.stringify(after);
      if (repeatable || !isDone) expect(again.status).toBe(200);
      if (repeatable || isDone) return;
      expect(await on(disk).served()).toEqual(after);
    });
    expect(count).toBeGreaterThan(0);
  });

  it.each(refusals)(
    'ST-02: $what each write: the running server says no, and serves what it served',
    async (fault) => {
      const { files, before, after } = await begin();
      await atEveryOperation(fault, async (operations) => {
        const disk = files();
        const running = on(operations.filesWritten(disk));
        const answer = await act(running).catch(() => undefined);
        const served = await running.served();
        expect(await on(disk).served(), 'as after a restart').toEqual(served);
        if (answer?.status === 200) expect(served).toEqual(after);
        else expect([before, after]).toContainEqual(served);
        if (!operations.struck) expect(answer?.status).toBe(200);
      });
    },
  );
});
