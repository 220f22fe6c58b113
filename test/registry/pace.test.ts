// The least speed of a registry: a byte now and then is no transfer, and a slow consumer is nobody's fault (BL-07).
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import type { DctError } from '../../src/base/errors.ts';
import { limits } from '../../src/base/limits.ts';
import { Pace } from '../../src/registry/pace.ts';
import { answer, clientOf, scripted } from './support.ts';

/** A clock that is moved by hand. */
function clock(): { now(): number; forward(milliseconds: number): void } {
  let time = 0;
  return { now: () => time, forward: (milliseconds) => void (time += milliseconds) };
}
const seconds = limits.blobPaceMs / 1000;
const enough = Math.ceil(limits.blobPaceBytes / seconds);

function outcomeOf(action: () => void): string {
  try {
    action();
    return 'goes on';
  } catch (error) {
    return (error as DctError).code;
  }
}

/** A minute and more of `bytes` each second. */
function minutes(bytes: number, ownTime: number, waitTime: number): void {
  const time = clock();
  const pace = new Pace(time, 'https://registry.test');
  for (let second = 0; second <= 2 * seconds; second++) {
    pace.waiting();
    time.forward(waitTime);
    pace.arrived(bytes);
    time.forward(ownTime);
  }
}

describe('BL-07 while we wait', () => {
  it('one byte a second is refused after the time for a fair trial', () => {
    expect(() => minutes(1, 0, 1000)).toThrow(
      expect.objectContaining({ code: 'TIMEOUT', facts: expect.objectContaining({ seconds }) as object }),
    );
  });

  it('just enough is enough, for as long as it takes', () => {
    expect(() => minutes(enough, 0, 1000)).not.toThrow();
    expect(() => minutes(enough - Math.ceil(enough / 50), 0, 1000)).toThrow();
  });

  it.each([
    [limits.blobPaceMs - 1, 1, 'goes on'],
    [limits.blobPaceMs, 1, 'TIMEOUT'],
    [limits.blobPaceMs, limits.blobPaceBytes - 1, 'TIMEOUT'],
    [limits.blobPaceMs, limits.blobPaceBytes, 'goes on'],
  ])('a trial of %d ms in which %d bytes came', (milliseconds, bytes, outcome) => {
    const time = clock();
    const pace = new Pace(time, 'https://registry.test');
    time.forward(milliseconds);
    expect(outcomeOf(() => pace.arrived(bytes))).toBe(outcome);
  });

  it('the time that the consumer takes does not count', () => {
    expect(() => minutes(1, 1000, 0)).not.toThrow();
  });

  it('a clock that is put back does not count', () => {
    expect(() => minutes(1, 2000, -1000)).not.toThrow();
  });
});

describe('BL-07 a registry that drips', () => {
  const content = new Uint8Array(10 * seconds).fill(7);

  it('is asked again, and given up when it goes on dripping', async () => {
    const time = clock();
    const transport = scripted(({ headers }) => {
      const from = Number(/\d+/.exec(headers['range'] ?? '0')?.[0]);
      const range = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` };
      const response = answer(from === 0 ? 200 : 206, from === 0 ? {} : range);
      const deliver: typeof response.body.deliver = async (onChunk) => {
        for (let at = from; at < content.length; at++) {
          time.forward(1000);
          await onChunk(content.subarray(at, at + 1));
        }
      };
      return { ...response, body: { ...response.body, deliver } };
    });
    const blob = await clientOf(transport, { clock: time }).blob('a/b', digestOf(content));
    await expect(blob.deliver(() => undefined)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(transport.asked.length).toBe(1 + limits.blobResumes);
  });
});
