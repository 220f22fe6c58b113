// Ctrl-C: at once where nothing is lost, after the outcome is known where something was sent.
import { expect, it } from 'vitest';
import { Interruption } from '../../src/cli/interruption.ts';

const never = new Promise<never>(() => undefined);

it('ends waiting at once', async () => {
  const controller = new AbortController();
  const watched = new Interruption(controller.signal).watch(never);
  controller.abort();
  await expect(watched).rejects.toMatchObject({ code: 'INTERRUPTED' });
});

it('ends a command that begins after the signal', async () => {
  await expect(new Interruption(AbortSignal.abort()).watch(never)).rejects.toMatchObject({
    code: 'INTERRUPTED',
  });
});

it('waits for what must not be left half way, and lets the command end as it would', async () => {
  const controller = new AbortController();
  const interruption = new Interruption(controller.signal);
  const answered = new EventTarget();
  const publication = new Promise<string>((resolve) => {
    answered.addEventListener('answer', () => resolve('published'));
  });
  const watched = interruption.watch(interruption.undisturbed(() => publication));
  controller.abort();
  answered.dispatchEvent(new Event('answer'));
  await expect(watched).resolves.toBe('published');
});

it('does not begin such work after the signal', async () => {
  const begun: string[] = [];
  const work = new Interruption(AbortSignal.abort()).undisturbed(() => Promise.resolve(begun.push('sent')));
  await expect(work).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(begun).toEqual([]);
});

it('leaves success and failure of the command alone', async () => {
  const interruption = new Interruption(new AbortController().signal);
  await expect(interruption.watch(Promise.resolve('done'))).resolves.toBe('done');
  await expect(interruption.watch(Promise.reject(new Error('no')))).rejects.toThrow('no');
});
