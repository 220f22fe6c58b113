// Absolute and relative addresses, read without exceptions.

/**
 * The address, or undefined when it is none. Asks the parser itself: once V8 has compiled `URL.canParse`, it answers true
 * for some addresses with characters from U+0080 to U+00FF that `new URL` refuses, and servers choose those characters.
 */
export function parseUrl(text: string, base?: URL): URL | undefined {
  try {
    return new URL(text, base);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
