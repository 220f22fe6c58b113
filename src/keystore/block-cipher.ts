// Decryption with a padded block cipher, where no answer means that key or content is wrong.
import { createDecipheriv } from 'node:crypto';

/** Undefined when the padding is wrong, as it is for about 255 of 256 wrong keys: that alone proves nothing (KS-01). */
export function decrypt(
  cipher: string,
  key: Uint8Array,
  iv: Uint8Array,
  content: Uint8Array,
): Uint8Array | undefined {
  const decipher = createDecipheriv(cipher, key, iv);
  const head = decipher.update(content);
  try {
    const tail = decipher.final();
    const plain = Uint8Array.from(Buffer.concat([head, tail]));
    tail.fill(0);
    return plain;
  } catch {
    return undefined;
  } finally {
    head.fill(0);
  }
}
