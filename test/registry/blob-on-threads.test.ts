// Blobs that are hashed on other threads: the same promises, whatever those threads do (BL-05).
import { expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { isDctError } from '../../src/base/errors.ts';
import type { BeginHash } from '../../src/hashing/index.ts';
import { heldBytes, verifiedBlob } from '../../src/registry/verified-blob.ts';
import { dyingThread, openThreads } from '../hashing/support.ts';
import { bodyOf } from './support.ts';

const piece = new Uint8Array(512 * 1024).map((_, i) => i % 251);
const content = Buffer.concat([piece, piece, piece, piece]);
const wrong = Buffer.from(content);
wrong[700_000] = 7;

/** What a consumer receives; the body overwrites each piece once it may. */
async function receive(
  beginHash: BeginHash,
  pieces: readonly Uint8Array[],
  size: number | undefined,
): Promise<{ readonly received: Buffer; readonly code: string | undefined }> {
  const parts: Uint8Array[] = [];
  const blob = verifiedBlob(bodyOf(pieces), {
    digest: digestOf(content),
    size,
    reference: 'blob',
    beginHash,
  });
  const take = (chunk: Uint8Array): void => void parts.push(Uint8Array.from(chunk));
  const code = await blob.deliver(take).then(
    () => undefined,
    (error: unknown) => (isDctError(error) ? error.code : String(error)),
  );
  return { received: Buffer.concat(parts), code };
}

const cut = (bytes: Uint8Array): readonly Uint8Array[] =>
  Array.from({ length: 4 }, (_, i) => bytes.subarray(i * piece.length, (i + 1) * piece.length));

it.each([content.length, undefined])('come whole when they are right (size: %s)', async (size) => {
  const { begin } = await openThreads(2);
  const { received, code } = await receive(begin, cut(content), size);
  expect(code).toBeUndefined();
  expect(received.equals(content)).toBe(true);
});

it.each([content.length, undefined])('BL-05: never come whole when they are not (size: %s)', async (size) => {
  const { begin } = await openThreads(2);
  const { received, code } = await receive(begin, cut(wrong), size);
  expect(code).toBe('CONTENT_MISMATCH');
  expect(received.length).toBe(content.length - heldBytes);
});

it('BL-05: never come whole when the thread ends before it has told the digest', async () => {
  const { begin } = await openThreads(1, dyingThread);
  const { received, code } = await receive(begin, cut(content), content.length);
  expect(code).toBe('BUG');
  expect(received.length).toBeLessThanOrEqual(content.length - heldBytes);
});

it('are verified on this thread when no other one is left', async () => {
  const { begin } = await openThreads(1, dyingThread);
  await receive(begin, cut(content), content.length);
  expect((await receive(begin, cut(wrong), content.length)).code).toBe('CONTENT_MISMATCH');
  expect((await receive(begin, cut(content), content.length)).code).toBeUndefined();
});

it('give their hash up when the consumer fails', async () => {
  const { begin } = await openThreads(1);
  let abandoned = 0;
  const counting: BeginHash = (...about) => {
    const hash = begin(...about);
    const abandon = (): void => {
      abandoned++;
      hash.abandon();
    };
    return { ...hash, abandon };
  };
  const options = { digest: digestOf(content), size: content.length, reference: 'blob', beginHash: counting };
  const full = new Error('disk full');
  const blob = verifiedBlob(bodyOf(cut(content)), options);
  await expect(blob.deliver(() => Promise.reject(full))).rejects.toBe(full);
  expect(abandoned).toBe(1);
});
